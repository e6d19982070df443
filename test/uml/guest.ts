import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, tail } from '../install/command.ts'
import { worldCommand, worldEnvironment } from '../lab/world.ts'
import type { UserModeKernel } from './kernel.ts'

/** What a guest's kernel has beside what is built in. */
const modules = [
  ...['veth', 'bridge', '8021q', 'dummy', 'macvlan', 'ipvlan', 'ifb'],
  ...['sch_tbf', 'sch_ingress', 'cls_u32', 'cls_matchall', 'act_mirred', 'nf_tables'],
]

/** What a line begins with that is for {@link runInGuest}: the kernel says something there too. */
const mark = 'podway: '

/** For the program in the guest: hands a line over to who started it. */
export const report = (line: string): void => void process.stdout.write(`${mark}${line}\n`)

export interface GuestOptions {
  /** A TypeScript file, run by Node.js as root of a machine of its own, whose root is ours, read-only. */
  readonly program: string
  readonly args: readonly string[]
  readonly kernel: UserModeKernel
  /** The guest is ended then, and it is an error. */
  readonly timeLimitMs: number
}

/**
 * Boots a kernel, runs the program there, and resolves to the lines that it reported, and all that was printed. The kernel
 * runs in a world of its own: it has no network, and with its first process all of its processes end.
 *
 * @throws Error if it did not end by itself in time
 */
export async function runInGuest(
  options: GuestOptions,
): Promise<{ readonly lines: readonly string[]; readonly console: string }> {
  const { kernel, timeLimitMs } = options
  const folder = await mkdtemp(join(tmpdir(), 'podway-uml-'))
  const seen: string[] = []
  try {
    const init = join(folder, 'init')
    await writeFile(init, initScript(options))
    await chmod(init, 0o755)
    const { file, args } = worldCommand(commandLine(kernel, init), { asUser: process.getuid?.() !== 0 })
    const environment = { ...worldEnvironment(folder, process.env), LD_PRELOAD: undefined }
    const onLine = (line: string): void => void seen.push(line.trimEnd())
    await runCommand(file, args, {
      environment,
      signal: AbortSignal.timeout(timeLimitMs),
      onLine,
      onErrorLine: onLine,
    })
  } catch (error) {
    throw new Error(`the guest did not end in ${timeLimitMs / 1000} s:\n${tail(seen.join('\n'))}`, {
      cause: error,
    })
  } finally {
    await rm(folder, { recursive: true })
  }
  const lines = seen.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length))
  return { lines, console: seen.join('\n') }
}

function initScript({ program, args, kernel }: GuestOptions): string {
  const variables = {
    node: process.execPath,
    busybox: kernel.busybox,
    modules: kernel.modules,
    wanted: modules.join(' '),
  }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`)
  lines.push(`set -- ${[program, ...args].map(quote).join(' ')}`)
  return ['#!/bin/sh', ...lines, `. ${quote(join(import.meta.dirname, 'init.sh'))}`, ''].join('\n')
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** `env`, since the world's own programs must not have the library too. */
const commandLine = ({ program, preload }: UserModeKernel, init: string): readonly string[] => [
  ...['env', `LD_PRELOAD=${preload}`, program, 'mem=512M', 'quiet'],
  ...['rootfstype=hostfs', 'rootflags=/', 'ro', `init=${init}`],
  // Its pipe for commands would be made in the home otherwise.
  'uml_dir=/run/uml/',
  ...['con=null', 'con0=fd:0,fd:1'],
]
