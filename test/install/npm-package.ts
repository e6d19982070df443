import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, tail } from './command.ts'

/** A package of npm's registry, as a lock file names it. */
export interface PinnedPackage {
  readonly name: string
  readonly version: string
  /** Subresource Integrity: `sha512-…` */
  readonly integrity: string
}

/**
 * The archive of a package (.tgz), fetched by the user's own npm; nothing is installed, and none of its scripts runs.
 * @param folder - where npm puts it
 * @throws Error if it can't be had, or is another one than was pinned
 */
export async function fetchNpmPackage(
  { name, version, integrity }: PinnedPackage,
  folder: string,
): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await runCommand('npm', ['pack', '--silent', `${name}@${version}`], {
    environment: process.env,
    folder,
  })
  if (exitCode !== 0) throw new Error(`${name}@${version} could not be had from npm:\n${tail(stderr)}`)
  const content = await readFile(join(folder, stdout.trim()))
  if (!isWhole(content, integrity))
    throw new Error(`${name}@${version} of npm is not what was pinned: ${integrity}`)
  return content
}

/** Whether it is what the integrity says. */
export function isWhole(content: Uint8Array, integrity: string): boolean {
  const [algorithm = '', expected] = integrity.split(/-(.*)/s)
  return createHash(algorithm).update(content).digest('base64') === expected
}
