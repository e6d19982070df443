import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { root } from '../build/build.ts'
import { buildImages } from '../images/build-images.ts'
import { type Entry, file } from '../images/entry.ts'
import { makeArchive, makeLayer } from '../images/layer.ts'
import { type Architecture, architectures } from '../images/layout.ts'
import { changesOf } from './changelog.ts'
import { packNpmPackage } from './npm-package.ts'

export interface ArtifactOptions {
  /** What was in it goes. */
  readonly outFolder: string
  /** That `dist/podway-cni` is for. */
  readonly architecture: Architecture
  /** Of the image `podway`; all if absent. */
  readonly imageArchitectures?: readonly Architecture[]
  readonly log: (line: string) => void
  /** RFC 3339; see {@link buildImages}. */
  readonly created?: string
}

/**
 * Makes everything that a release has, of what `dist/` and the checkout hold: the package for npm, the chart, both images as
 * archives that `skopeo copy oci-archive:` and `podman load` take, the executable, the notes, and SHA256SUMS of them all.
 *
 * @returns the paths of the files in `outFolder`, in order
 */
export async function makeArtifacts(options: ArtifactOptions): Promise<readonly string[]> {
  const { outFolder, architecture, log } = options
  await rm(outFolder, { recursive: true, force: true })
  const made = (...path: readonly string[]): string => join(outFolder, ...path)
  for (const folder of ['npm', 'chart', 'images', 'bin']) await mkdir(made(folder), { recursive: true })
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }

  log('the package for npm')
  await packNpmPackage(made('npm'))

  log('the chart')
  const chart = await makeLayer('', await entriesOf(join(root, 'deploy/chart/podway'), 'podway'))
  await writeFile(made('chart', `podway-${version}.tgz`), chart.content)

  log('the images')
  const images = await buildImages({
    ...options,
    outFolder: made('images'),
    architectures: options.imageArchitectures ?? architectures,
  })
  for (const { name, folder } of images) {
    await writeFile(made('images', `${name}-${version}.tar`), await makeArchive(await entriesOf(folder, '')))
    await rm(folder, { recursive: true })
  }

  await copyFile(join(root, 'dist/podway-cni'), made('bin', `podway-cni-linux-${architecture}`))
  await writeFile(made('NOTES.md'), await notes(version))
  const files = (await listFiles(outFolder)).map((path) => relative(outFolder, path))
  await writeFile(made('SHA256SUMS'), await checksums(outFolder, files))
  return [...files, 'SHA256SUMS']
}

/** Of a version that has none yet, what is unreleased. */
async function notes(version: string): Promise<string> {
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8')
  return changesOf(changelog, changelog.includes(`\n## [${version}]`) ? version : 'Unreleased')
}

/** As `sha256sum --check` reads it. */
async function checksums(folder: string, files: readonly string[]): Promise<string> {
  const lines = files.map(async (path) => {
    const hash = createHash('sha256').update(await readFile(join(folder, path)))
    return `${hash.digest('hex')}  ${path}\n`
  })
  return (await Promise.all(lines)).join('')
}

const entriesOf = async (folder: string, prefix: string): Promise<readonly Entry[]> =>
  Promise.all(
    (await listFiles(folder)).map(async (path) =>
      file(join(prefix, relative(folder, path)), await readFile(path)),
    ),
  )

async function listFiles(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
