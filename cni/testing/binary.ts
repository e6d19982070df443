import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const file = join(import.meta.dirname, '../../dist/podway-cni')

/** The path of the compiled node binary. */
export function binary(): string {
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first`)
  return file
}

/** How the binary is called. */
export interface Invocation {
  readonly command: string
  readonly containerId?: string
  readonly netns?: string
  readonly ifName?: string
  /** Other variables; an undefined one is taken out. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The configuration, or the text of standard input. */
  readonly config?: object | string
  /** The file to run, if not the binary itself. */
  readonly file?: string
  /** Program and arguments to run it by: strace, nsenter. */
  readonly by?: readonly string[]
}

/** How it ended. */
export interface Ending {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What it printed, read as JSON. */
  readonly json: unknown
}

/** Runs the binary as a runtime does, with nothing of our own environment. */
export function invoke(invocation: Invocation): Ending {
  const [program, ...args] = commandLine(invocation)
  const ended = spawnSync(program, args, {
    env: environmentOf(invocation),
    input: stdinOf(invocation),
    encoding: 'utf8',
    timeout: 20_000,
  })
  return toEnding(ended.status, ended.stdout, ended.stderr)
}

/** The same without waiting, for calls at the same time. */
export function invokeAsync(invocation: Invocation): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = commandLine(invocation)
    const child = spawn(program, args, { env: environmentOf(invocation), timeout: 60_000 })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve(toEnding(code, stdout, stderr)))
    // One that ends without reading its input: its answer says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdinOf(invocation))
  })
}

function commandLine({ file = binary(), by = [] }: Invocation): readonly [string, ...string[]] {
  const [program, ...args] = by
  return program === undefined ? [file] : [program, ...args, file]
}

function environmentOf(invocation: Invocation): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    CNI_COMMAND: invocation.command,
    CNI_CONTAINERID: invocation.containerId ?? 'pod',
    CNI_NETNS: invocation.netns ?? '',
    CNI_IFNAME: invocation.ifName ?? 'eth0',
    CNI_PATH: '/opt/cni/bin',
    ...invocation.environment,
  }
}

const stdinOf = ({ config = '' }: Invocation): string =>
  typeof config === 'string' ? config : JSON.stringify(config)

function toEnding(code: number | null, stdout: string, stderr: string): Ending {
  let json: unknown
  try {
    json = JSON.parse(stdout)
  } catch {
    json = undefined
  }
  return { code, stdout, stderr, json }
}

/** Runs a program that must succeed: what it prints. */
export function run(program: string, ...args: readonly string[]): string {
  const ended: SpawnSyncReturns<string> = spawnSync(program, args, { encoding: 'utf8' })
  if (ended.status !== 0)
    throw new Error(`${[program, ...args].join(' ')}: ${ended.stderr || String(ended.error ?? ended.status)}`)
  return ended.stdout
}
