import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, tail } from './command.ts'

/** A package of Debian 12 for amd64, pinned by what is in its file. */
export interface PinnedPackage {
  readonly name: string
  readonly version: string
  readonly sha256: string
}

export interface DownloadOptions {
  /** Where apt and its settings are looked up. */
  readonly environment: NodeJS.ProcessEnv
  /** What to say when apt has none of them, without a full stop: what apt said follows. */
  readonly failure: string
}

/**
 * Downloads the files of Debian's packages into a folder and installs none, with the lists of packages that the system has;
 * if those are old or missing, with new ones of our own.
 *
 * @param packages as apt-get takes them: `runc`, or `runc:amd64=1.1.5+ds1-1+deb12u1`
 * @throws Error that begins with `failure`
 */
export async function downloadDebs(
  folder: string,
  packages: readonly string[],
  { environment, failure }: DownloadOptions,
): Promise<void> {
  // The folder is ours alone, which apt's own user may not enter.
  const asUs = ['-o', 'APT::Sandbox::User=root', '-q']
  const own = [
    ...['-o', `Dir::State::lists=${join(folder, 'lists')}`],
    ...['-o', `Dir::Cache=${join(folder, 'cache')}`],
  ]
  const aptGet = (...args: readonly string[]) =>
    runCommand('apt-get', [...asUs, ...args], { environment, folder })
  if ((await aptGet('download', ...packages)).exitCode === 0) return
  await Promise.all(['lists/partial', 'cache'].map((path) => mkdir(join(folder, path), { recursive: true })))
  const updated = await aptGet(...own, 'update')
  const downloaded = await aptGet(...own, 'download', ...packages)
  if (downloaded.exitCode !== 0)
    throw new Error(`${failure}:\n${tail(`${updated.stderr}\n${downloaded.stderr}`)}`)
  await Promise.all(['lists', 'cache'].map((path) => rm(join(folder, path), { recursive: true })))
}

/**
 * Downloads the files of exactly these packages, as {@link downloadDebs}.
 * @throws Error that begins with `failure`, or that names a file which is not one of the pinned, or a package that has none
 */
export async function downloadPinned(
  folder: string,
  packages: readonly PinnedPackage[],
  { pins, ...options }: DownloadOptions & { /** Where the pins are, for messages. */ readonly pins: string },
): Promise<void> {
  const names = packages.map(({ name, version }) => `${name}:amd64=${version}`)
  await downloadDebs(folder, names, options)
  const wanted = new Set(packages.map(({ sha256 }) => sha256))
  for (const file of await debFiles(folder)) {
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    if (!wanted.delete(sha256)) throw new Error(`${file} is not what ${pins} pins: ${sha256}`)
  }
  const missing = packages.filter(({ sha256 }) => wanted.has(sha256)).map(({ name }) => name)
  if (missing.length > 0) throw new Error(`apt-get downloaded no file for ${missing.join(', ')}`)
}

/** The packages' files in a folder. */
export const debFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.deb')).map((name) => join(folder, name))

/**
 * Unpacks the packages' files of a folder and removes them: no script of theirs runs.
 * @param root what is `/` to them
 * @throws Error that names a file which is not a package
 */
export async function unpackDebs(
  folder: string,
  root: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  for (const file of await debFiles(folder)) {
    const { exitCode, stderr } = await runCommand('dpkg-deb', ['-x', file, root], { environment })
    if (exitCode !== 0) throw new Error(`${file} could not be unpacked:\n${tail(stderr)}`)
    await rm(file)
  }
}
