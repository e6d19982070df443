import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { type Command, run } from './run.ts'

/** Set inside a world to its id, and the file there that holds the same: the variable alone can leak into any shell. */
const marker = 'PODWAY_WORLD'
const markerFile = '/run/podway-world'

/**
 * What the first process of a world does before it starts the command. It stays as the parent: the first process of a
 * pid namespace inherits every orphan, and a shell collects them where the command might leave zombies. /run is new, so
 * nothing that the host keeps there is touched; temporary files go there too and end with the world, while /tmp stays
 * the host's, since a checkout may lie in it.
 */
const script = `
set -e
mount -t proc proc /proc
mount -t tmpfs -o mode=755 run /run
mkdir /run/netns
mount -t tmpfs --make-shared -o mode=755 netns /run/netns
mkdir -m 1777 /run/tmp
echo "$${marker}" > ${markerFile}
ip link set lo up
set +e
"$@"
exit $?
`

export interface WorldOptions {
  /** Whether a user namespace is needed to own the others, as for any user but root. */
  readonly asUser: boolean
}

/**
 * The command that runs `argv` in a world of its own: new mount, network and pid namespaces that end with it. If its
 * parent dies, even by SIGKILL, everything in the world dies: `setpriv` ties the outer process to the parent,
 * `--kill-child` the inner one to the outer, and the kernel ends a pid namespace with its first process.
 *
 * Nothing in it reaches the network; downloads come before.
 */
export function worldCommand(argv: readonly string[], options: WorldOptions): Command {
  const user = options.asUser ? ['--user', '--map-root-user'] : []
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', ...user]
  return {
    file: 'setpriv',
    args: ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', script, 'sh', ...argv],
  }
}

/** The environment inside a world. `ip` and `nft` live in sbin on some systems, which a user's PATH may lack. */
export function worldEnvironment(
  id: string,
  base: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return {
    ...base,
    PATH: `${base.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
    TMPDIR: '/run/tmp',
    [marker]: id,
  }
}

const currentUser = (): WorldOptions => ({ asUser: process.getuid?.() !== 0 })

/** This process's own, nowhere, or a file's descriptor. */
type Stdio = 'inherit' | 'ignore' | number

/**
 * Runs a command in a world of its own and resolves to its exit code (128 if a signal ended it). Check
 * {@link explainRefusal} first: a kernel that forbids the world gives exit code 1 and a message of `unshare`'s.
 */
export function runInWorld(
  argv: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string | undefined>>
    /** For all three streams, or for each. */
    readonly stdio?: Stdio | readonly [Stdio, Stdio, Stdio]
    /** Names the world in every process's environment; random if absent. */
    readonly id?: string
    /** Given our end of a socket, whose other end the command has as descriptor 3. */
    readonly onChannel?: (channel: Duplex) => void
  } = {},
): Promise<number> {
  const { file, args } = worldCommand(argv, currentUser())
  const { stdio = 'inherit' } = options
  const streams = typeof stdio === 'object' ? stdio : [stdio, stdio, stdio]
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: worldEnvironment(options.id ?? randomUUID(), options.env ?? process.env),
      stdio: [...streams, ...(options.onChannel === undefined ? [] : (['pipe'] as const))],
    })
    if (options.onChannel !== undefined) options.onChannel(child.stdio[3] as Duplex)
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 128))
  })
}

/**
 * From outside, while the world runs: the command line that opens a shell in it, for the same user. Undefined if there is
 * no such world, or not yet.
 */
export function commandToEnter(id: string): string | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
      const isFirst = /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
      if (!isFirst || !environment.includes(`${marker}=${id}`)) continue
      const sameUsers = readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user')
      const user = sameUsers ? '' : '--user --preserve-credentials '
      return `nsenter --target ${pid} ${user}--mount --net --pid sh`
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined
}

/** Whether this process runs in a world. */
export function inWorld(): boolean {
  const id = process.env[marker]
  if (id === undefined) return false
  try {
    return readFileSync(markerFile, 'utf8').trim() === id
  } catch {
    return false
  }
}

/**
 * Tries an empty world. Resolves to undefined if it works, else to one sentence that says what this system lacks or
 * forbids.
 */
export async function explainRefusal(): Promise<string | undefined> {
  const options = currentUser()
  try {
    const { code, stderr } = await run(worldCommand(['true'], options), {
      env: worldEnvironment(randomUUID(), process.env),
    })
    return code === 0 ? undefined : refusal(stderr, options, readKernelSettings())
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return 'The program setpriv (package util-linux) is missing.'
    throw error
  }
}

/** Paths under /proc/sys → what is in them, for those that exist. */
export type KernelSettings = Readonly<Record<string, string>>

const switches = [
  'kernel/unprivileged_userns_clone',
  'kernel/apparmor_restrict_unprivileged_userns',
  'user/max_user_namespaces',
] as const

function readKernelSettings(): KernelSettings {
  const settings: Record<string, string> = {}
  for (const name of switches) {
    try {
      settings[name] = readFileSync(`/proc/sys/${name}`, 'utf8').trim()
    } catch {
      // This kernel has no such switch.
    }
  }
  return settings
}

/** What `unshare` or the set-up in the new world said → a sentence for a person, with the switch to change if there is one. */
export function refusal(stderr: string, { asUser }: WorldOptions, kernel: KernelSettings): string {
  const missing = /failed to execute (\w+)|sh: (?:line )?\d+: (\w+): (?:command )?not found/.exec(stderr)
  if (missing !== null) return `The program ${missing[1] ?? missing[2] ?? ''} is missing.`
  const said = stderr.trim().split('\n').at(-1) ?? ''
  if (!asUser)
    return `This root may not make namespaces or mount in them (a container without privileges?): ${said}`
  if (kernel['user/max_user_namespaces'] === '0')
    return 'The kernel forbids user namespaces: sysctl user.max_user_namespaces is 0; change it, or run as root.'
  if (kernel['kernel/unprivileged_userns_clone'] === '0')
    return 'The kernel forbids users to make namespaces: sysctl kernel.unprivileged_userns_clone is 0; change it, or run as root.'
  if (kernel['kernel/apparmor_restrict_unprivileged_userns'] === '1')
    return 'AppArmor restricts user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns is 1; change it, or run as root.'
  return `This system lets users make no namespaces of their own; run as root: ${said}`
}
