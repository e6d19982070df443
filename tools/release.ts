import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureKubeTools } from '../test/chart/kube-tools.ts'
import { build, dist, root } from './build/build.ts'
import { manifestFiles } from './chart/generated-files.ts'
import { ownArchitecture } from './images/build-images.ts'
import { releaseChangelog } from './release/changelog.ts'
import { makeArtifacts } from './release/artifacts.ts'
import { requireLater, versionFiles, withVersion } from './release/version-files.ts'

const help = `npm run release -- <version>
npm run release -- --artifacts [--out <folder>]

With a version, writes it wherever it stands (${versionFiles.map(({ path }) => path).join(', ')}) and puts
what is unreleased in CHANGELOG.md under it. Nothing is committed, tagged or sent.

With --artifacts, builds all that is released, of the version that the checkout has, into a folder (default: dist/release):
the package for npm, the chart, the images, the node binary, the notes, and SHA256SUMS.

A release, from a clean checkout of main:
  npm ci && npm run release -- 0.2.0 && npm run check && npm test
  git commit --all --message 'chore: release 0.2.0' && git tag v0.2.0
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) npm run release -- --artifacts
`

const { values, positionals } = parseArgs({
  options: {
    artifacts: { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  allowPositionals: true,
})
const log = (line: string): void => console.error(line)
const [version, ...others] = positionals

if (values.help === true) process.stdout.write(help)
else if (values.artifacts === true && version === undefined) await writeArtifacts()
else if (version !== undefined && others.length === 0 && values.artifacts !== true) await prepare(version)
else {
  process.stderr.write(help)
  process.exitCode = 64
}

async function prepare(next: string): Promise<void> {
  const { version: current } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  requireLater(next, current)
  const today = new Date().toISOString().slice(0, 10)
  // All are made before any is written: a file that is refused leaves a checkout of one version.
  const changelog = join(root, 'CHANGELOG.md')
  const texts = [[changelog, releaseChangelog(await readFile(changelog, 'utf8'), next, today)] as const]
  for (const file of versionFiles) {
    const path = join(root, file.path)
    texts.push([path, withVersion(await readFile(path, 'utf8'), file, next)])
  }
  for (const [path, text] of texts) await writeFile(path, text)
  // Images and labels of the manifests bear the chart's version.
  const { helm } = await ensureKubeTools({ environment: process.env, log })
  for (const [path, text] of await manifestFiles(helm)) await writeFile(join(root, path), text)
  log(
    `${current} → ${next} in ${texts.length} files; look at them with git diff, then: npm run release -- --help`,
  )
}

async function writeArtifacts(): Promise<void> {
  await build({ all: false, log })
  const epoch = process.env.SOURCE_DATE_EPOCH
  const outFolder = values.out ?? join(dist, 'release')
  const created = epoch === undefined ? {} : { created: new Date(Number(epoch) * 1000).toISOString() }
  for (const path of await makeArtifacts({ outFolder, architecture: ownArchitecture(), log, ...created }))
    console.log(join(outFolder, path))
}
