import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { runCommand, tail } from '../install/command.ts'
import { type PinnedPackage, downloadPinned, unpackDebs } from '../install/debian-packages.ts'
import { pinned } from '../runtimes/packages.ts'

/** A kernel that runs as a program: with the devices that a host's kernel may lack, and of another version. */
export interface UserModeKernel {
  readonly program: string
  /** Holds `modules.dep` and what that names. */
  readonly modules: string
  /** A static busybox: a host may have no insmod and no ping. */
  readonly busybox: string
  /** To be loaded into the program: see xstate.c. */
  readonly preload: string
}

export interface KernelOptions {
  readonly log: (line: string) => void
  /** Where apt, the C compiler and the cache folder are looked up. */
  readonly environment: NodeJS.ProcessEnv
}

const release = '6.1.176'
const packages: readonly PinnedPackage[] = [
  {
    name: 'user-mode-linux',
    version: '6.1um4+b13',
    sha256: '0ce700f835c385ab09860ad33137817402403a29e424177510244bd75a81c687',
  },
  pinned('busybox-static'),
]
const pins = 'test/uml/kernel.ts'
const what = 'user-mode Linux'
const shim = join(import.meta.dirname, 'xstate.c')

/**
 * The kernel from Debian's package of exactly this version, once for each set of pins, into the user's cache folder:
 * unpacked there, not installed. Idempotent; without a network if it is there already.
 *
 * @throws Error that says in a sentence what is missing
 */
export async function ensureUserModeKernel({ environment, log }: KernelOptions): Promise<UserModeKernel> {
  // It is a port to this architecture alone.
  if (process.arch !== 'x64')
    throw new Error(`${what} runs on amd64 only, and this machine is ${process.arch}.`)
  const folder = installFolder(environment)
  await ensureFolder(folder, {
    what,
    isUsable: (there) => {
      const { program, busybox, preload } = contents(there)
      return areExecutable(program, busybox, preload)
    },
    make: async (partial) => {
      log(`${what}: downloading ${packages.length} packages of Debian, once on this machine`)
      const failure = `${what} is a package of Debian 12 (amd64), which could not be had in the pinned version (${pins})`
      await downloadPinned(partial, packages, { environment, failure, pins })
      const root = join(partial, 'root')
      await unpackDebs(partial, root, environment)
      await rename(join(root, 'usr/lib/uml/modules', release), join(partial, 'modules'))
      await rename(join(root, 'usr/bin/linux.uml'), join(partial, 'linux.uml'))
      await rename(join(root, 'bin/busybox'), join(partial, 'busybox'))
      await rm(root, { recursive: true })
      await compileShim(join(partial, 'xstate.so'), environment)
    },
    log,
  })
  return contents(folder)
}

const contents = (folder: string): UserModeKernel => ({
  program: join(folder, 'linux.uml'),
  modules: join(folder, 'modules'),
  busybox: join(folder, 'busybox'),
  preload: join(folder, 'xstate.so'),
})

function installFolder(environment: NodeJS.ProcessEnv): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(packages))
    .update(readFileSync(shim))
    .digest('hex')
    .slice(0, 12)
  return join(defaultCacheDir(environment), `user-mode-linux-${release}-${digest}`)
}

async function compileShim(file: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const { exitCode, stderr } = await runCommand('cc', ['-O2', '-shared', '-fPIC', '-o', file, shim], {
    environment,
  })
  if (exitCode !== 0) throw new Error(`${what} needs a C compiler, and cc did not work:\n${tail(stderr)}`)
}
