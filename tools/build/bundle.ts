import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Plugin, build } from 'esbuild'

/**
 * What CommonJS packages inside an ES module bundle expect to find. The names are ones that no minifier makes up.
 */
const commonJsBanner = `import { createRequire as podwayCreateRequire } from 'node:module'
import { dirname as podwayDirname } from 'node:path'
import { fileURLToPath as podwayFileUrlToPath } from 'node:url'
const require = podwayCreateRequire(import.meta.url)
const __filename = podwayFileUrlToPath(import.meta.url)
const __dirname = podwayDirname(__filename)`

/** Modules that read files of the checkout: they run now, and what they export then is all of them that is bundled. */
const runWhenBuilt: Plugin = {
  name: 'run-when-built',
  setup(build) {
    build.onLoad({ filter: /[/\\]cli[/\\]definition-files\.ts$/ }, async ({ path }) => {
      const exported = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
      const contents = Object.entries(exported)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}\n`)
        .join('')
      return { contents, loader: 'js' }
    })
  },
}

/**
 * Of the Kubernetes client only what is used: its thousand classes of objects do nothing when they are read, but it does
 * not say so, and a bundler has to believe the worst. They took 10 MB of memory in every program.
 */
const kubernetesClientIsPure: Plugin = {
  name: 'kubernetes-client-is-pure',
  setup(build) {
    const isClient = (path: string): boolean => /[/\\]@kubernetes[/\\]client-node[/\\]/.test(path)
    const asked = Symbol('asked')
    build.onResolve({ filter: /^\.|^@kubernetes\/client-node$/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === asked) return undefined
      const isOf = path.startsWith('@') || isClient(from.importer)
      if (!isOf) return undefined
      const { importer, kind, resolveDir } = from
      const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: asked })
      return isClient(found.path) ? { ...found, sideEffects: false } : found
    })
  },
}

/** @returns the folders of the npm packages that are in it, as package-lock.json names them, in order */
async function bundle(
  entryPoints: Readonly<Record<string, string>>,
  outdir: string,
): Promise<readonly string[]> {
  const { metafile } = await build({
    metafile: true,
    entryPoints: { ...entryPoints },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: commonJsBanner },
    plugins: [runWhenBuilt, kubernetesClientIsPure],
    logLevel: 'warning',
  })
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  const folders = used.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort()
}

/** The command line: `podway.js` with `main.js` and its chunks; each cloud's SDK is a chunk of its own. `packages.json` names the npm packages in it. */
export async function bundleProgram(root: string, dist: string): Promise<void> {
  rmSync(join(dist, 'chunks'), { recursive: true, force: true })
  const packages = await bundle({ main: join(root, 'cli/main.ts') }, dist)
  copyFileSync(join(root, 'bin/podway.js'), join(dist, 'podway.js'))
  chmodSync(join(dist, 'podway.js'), 0o755)
  // A copy of the folder must be read as ES modules wherever it lies.
  writeFileSync(join(dist, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(dist, 'packages.json'), `${JSON.stringify(packages, undefined, 2)}\n`)
}

/** The demo and what it starts, apart from the product. */
export async function bundleDemo(root: string, dist: string): Promise<void> {
  const outdir = join(dist, 'demo')
  rmSync(outdir, { recursive: true, force: true })
  const manifests = join(outdir, 'manifests')
  mkdirSync(manifests, { recursive: true })
  for (const name of ['noderoutes.yaml', 'podnetworks.yaml'])
    copyFileSync(join(root, 'deploy/crds', name), join(manifests, name))
  for (const name of ['namespace.yaml', 'controller-rbac.yaml'])
    copyFileSync(join(root, 'deploy/manifests', name), join(manifests, name))
  await bundle(
    {
      demo: join(root, 'test/demo/main.ts'),
      'demo-inside': join(root, 'test/demo/inside.ts'),
      prober: join(root, 'test/lab/prober.ts'),
    },
    outdir,
  )
}
