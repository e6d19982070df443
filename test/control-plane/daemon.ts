import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { killGroup, tail } from '../install/command.ts'

export interface DaemonOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Where it runs; what it leaves lying about ends up here. */
  readonly folder: string
  /** What it says, appended. */
  readonly logFile: string
}

/** A program that runs until it is killed: by us, or by the kernel when this process dies, however that happens. */
export interface Daemon {
  readonly pid: number
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>
  /** Kills it with all that it has started, and waits for its end. Idempotent. */
  kill(): Promise<void>
  /** The end of its log, to show below an error. */
  lastWords(): Promise<string>
}

/**
 * PR_SET_PDEATHSIG, by util-linux: the program leads a process group of its own, so a Ctrl-C or a kill of ours does not
 * reach it. The shell closes the gap in which we may have died before the kernel was told.
 */
const tied = (parent: number): readonly string[] => [
  ...['setpriv', '--pdeathsig', 'KILL', 'sh', '-c'],
  ...['[ "$PPID" = "$0" ] && exec "$@"', String(parent)],
]

/** Starts a program with an empty environment. @throws Error if it could not be started at all */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { program, args, folder, logFile } = options
  const [file = '', ...rest] = [...tied(process.pid), program, ...args]
  const log = await open(logFile, 'a')
  const child = spawn(file, rest, {
    cwd: folder,
    // Proxies, ETCD_* or GODEBUG of the user would change what runs here.
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, TMPDIR: folder },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  // Before anything is waited for: one that ends at once has ended by then.
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, killer) => resolve(`it ended with ${String(code ?? killer)}`))
  })
  await Promise.all([once(child, 'spawn'), log.close()])
  const { pid } = child
  if (pid === undefined) throw new Error('unreachable: a process that was spawned has an id')
  // Once only: afterwards the process id may be somebody else's.
  let killing: Promise<void> | undefined
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child)
    await ended
  }
  return {
    pid,
    ended,
    kill: () => (killing ??= end()),
    lastWords: async () => `the end of its log, ${logFile}:\n${tail(await readFile(logFile, 'utf8'))}`,
  }
}
