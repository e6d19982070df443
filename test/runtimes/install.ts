import { createHash } from 'node:crypto'
import { copyFile, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { runCommand, tail } from '../install/command.ts'
import { downloadPinned, unpackDebs } from '../install/debian-packages.ts'
import { criApi, packages } from './packages.ts'

/** The runtimes, unpacked: nothing of it is in the system's own folders. */
export interface Runtimes {
  /** To be laid over the system's /usr. */
  readonly usr: string
  /** Plugins that others make, to be chained behind ours: `portmap`, `bandwidth`. */
  readonly plugins: string
  /** A static busybox, of which the image is made. */
  readonly busybox: string
  /** The definition of the Container Runtime Interface. */
  readonly criProto: string
}

export interface RuntimesOptions {
  readonly log: (line: string) => void
  /** Where apt, Go, their settings and the cache folder are looked up. */
  readonly environment: NodeJS.ProcessEnv
}

const what = 'the container runtimes'
const pins = 'test/runtimes/packages.ts'
const notToBeHad = `${what} are packages of Debian 12 (amd64), which could not be had in the pinned versions (${pins})`
const chained = ['portmap', 'bandwidth'] as const
const programs = ['bin/containerd', 'bin/ctr', 'bin/podman', 'bin/conmon', 'sbin/runc', 'sbin/nft'] as const

/** Raise it when {@link unpack} leaves something else behind for the same packages. */
const layout = 1

/**
 * containerd, podman and what they need, from Debian's packages of exactly these versions, and the definition of the CRI
 * from its Go module, once for each set of pins, into the user's cache folder. The packages are unpacked there and not
 * installed: no script of theirs runs, no service starts, no file of the system changes. Idempotent; without a network if
 * they are there already.
 *
 * @throws Error that says in a sentence what is missing
 */
export async function ensureRuntimes({ environment, log }: RuntimesOptions): Promise<Runtimes> {
  const folder = installFolder(environment)
  await ensureFolder(folder, {
    what,
    isUsable,
    make: async (partial) => {
      log(`${what}: downloading ${packages.length} packages of Debian, once on this machine`)
      await downloadPinned(partial, packages, { environment, failure: notToBeHad, pins })
      await unpack(partial, environment)
      await fetchCri(partial, environment)
    },
    log,
  })
  return contents(folder)
}

/** What {@link ensureRuntimes} has made before, or a sentence that says why there is nothing. */
export async function findRuntimes(environment: NodeJS.ProcessEnv): Promise<Runtimes | string> {
  const folder = installFolder(environment)
  if (await isUsable(folder)) return contents(folder)
  return `${folder} lacks ${what}, which come with tools/test.ts on a Debian 12 (amd64) that reaches its mirror.`
}

/**
 * Variables with which a program finds iptables and nft, that are unpacked and not installed, and those what they need: for
 * plugins that start them.
 */
export function programsOf({ usr }: Pick<Runtimes, 'usr'>): Readonly<Record<string, string>> {
  const libraries = join(usr, 'lib/x86_64-linux-gnu')
  return {
    PATH: `${join(usr, 'sbin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: join(libraries, 'xtables'),
  }
}

const contents = (folder: string): Runtimes => ({
  usr: join(folder, 'usr'),
  plugins: join(folder, 'plugins'),
  busybox: join(folder, 'usr/bin/busybox'),
  criProto: join(folder, 'api.proto'),
})

const isUsable = async (folder: string): Promise<boolean> =>
  (await areExecutable(
    ...programs.map((program) => join(folder, 'usr', program)),
    ...chained.map((plugin) => join(folder, 'plugins', plugin)),
  )) &&
  // It comes last.
  readFile(join(folder, 'api.proto')).then(
    () => true,
    () => false,
  )

function installFolder(environment: NodeJS.ProcessEnv): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([packages, criApi, layout]))
    .digest('hex')
    .slice(0, 12)
  return join(defaultCacheDir(environment), `runtimes-${digest}`)
}

async function unpack(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const root = join(folder, 'root')
  await unpackDebs(folder, root, environment)
  // As on every system whose /bin, /lib and /sbin are links into /usr.
  for (const name of ['bin', 'lib', 'sbin']) {
    const from = join(root, name)
    await cp(from, join(root, 'usr', name), { recursive: true, verbatimSymlinks: true }).catch(
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      },
    )
  }
  await mkdir(join(folder, 'plugins'))
  for (const plugin of chained)
    await rename(join(root, 'usr/lib/cni', plugin), join(folder, 'plugins', plugin))
  // No other plugin than those may be found by a runtime.
  await Promise.all(
    ['lib/cni', 'share'].map((path) => rm(join(root, 'usr', path), { recursive: true, force: true })),
  )
  // What Debian's alternatives would do.
  for (const name of ['iptables', 'ip6tables'])
    await symlink('xtables-nft-multi', join(root, 'usr/sbin', name))
  await rename(join(root, 'usr'), join(folder, 'usr'))
  await rm(root, { recursive: true })
}

async function fetchCri(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(
    'go',
    ['mod', 'download', '-json', `${criApi.module}@${criApi.version}`],
    { environment: { ...environment, GOWORK: 'off', GOFLAGS: '' }, folder },
  )
  if (exitCode !== 0)
    throw new Error(
      `${what}: the Go module ${criApi.module} could not be had (is Go there, and its module proxy reachable?):\n${tail(stderr || stdout)}`,
    )
  const { Dir } = JSON.parse(stdout) as { readonly Dir: string }
  await copyFile(join(Dir, criApi.file), join(folder, 'api.proto'))
}
