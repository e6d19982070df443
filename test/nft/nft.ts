import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { downloadDebs, unpackDebs } from '../install/debian-packages.ts'

/**
 * The program that judges our packet filters. Where it is not installed, Debian's package and what that needs are unpacked
 * into the user's cache folder, without being installed.
 */
const packages = [
  'nftables',
  'libnftables1',
  'libnftnl11',
  'libjansson4',
  'libxtables12',
  'libmnl0',
  'libedit2',
  'libbsd0',
  'libmd0',
  'libgmp10',
] as const

/** Runs the unpacked program with the unpacked libraries. */
const wrapper = `#!/bin/sh
here=\${0%/*}
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*/ "$here"/lib/*/ | tr ' ' :) exec "$here/usr/sbin/nft" "$@"
`

const installed = ['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'] as const
const cached = (environment: NodeJS.ProcessEnv): string => join(defaultCacheDir(environment), 'nft', 'nft')

/**
 * Sees to it that there is an nft program; does nothing if there is one.
 * @throws Error that says what is missing
 */
export async function ensureNft(options: {
  readonly environment: NodeJS.ProcessEnv
  readonly log: (line: string) => void
}): Promise<void> {
  const { environment, log } = options
  if (installed.some((file) => existsSync(file))) return
  await ensureFolder(join(cached(environment), '..'), {
    what: 'nft',
    isUsable: (folder) => areExecutable(join(folder, 'nft')),
    make: async (folder) => {
      const failure =
        "nft is not installed (Debian, Ubuntu: apt-get install nftables), and Debian's package could not be fetched"
      await downloadDebs(folder, packages, { environment, failure })
      await unpackDebs(folder, folder, environment)
      await writeFile(join(folder, 'nft'), wrapper, { mode: 0o755 })
    },
    log,
  })
}

/** The path of the program; undefined if there is none. */
export const findNft = (environment: NodeJS.ProcessEnv = process.env): string | undefined =>
  [...installed, cached(environment)].find((file) => existsSync(file))

/** Why the tests that need it can't run; undefined if they can. */
export function whyNoNft(): string | undefined {
  const program = findNft()
  if (program === undefined) return 'nft is not installed: `npm test` fetches it, or apt-get install nftables'
  const tried = spawnSync(program, ['--json', 'list', 'tables'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `nft does not work: ${tried.stderr.trim()}`
}
