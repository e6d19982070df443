import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { runCommand, tail } from '../install/command.ts'
import { type Go, type GoVersion, findGo, parseGoVersion } from './go.ts'

/** Complete binaries. They are only read from now on, so any user who can read them can run them. */
export interface ControlPlaneInstall {
  /** Of Kubernetes: `1.36.3` */
  readonly version: string
  readonly apiserver: string
  readonly etcd: string
}

export interface InstallOptions {
  /** Where binaries are kept; `podway` in the user's cache folder if absent. */
  readonly cacheDir?: string
  /** Says what goes on: the first build takes minutes, and 4 GB of Go's own caches. */
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** Where Go, its settings and the cache folder are looked up: `process.env` if absent. */
  readonly environment?: NodeJS.ProcessEnv
}

/** In the order in which they are built: the quick one first. */
const programs = ['etcd', 'kube-apiserver'] as const
type Program = (typeof programs)[number]

/** What each program is made of. */
export type Sources = Readonly<Record<Program, string>>

// Without symbols: half the size. Nothing may be resolved anew: go.sum decides.
const buildFlags = ['-mod=readonly', '-buildvcs=false', '-ldflags=-s -w'] as const

/**
 * kube-apiserver and etcd, built from their published Go modules, once for each set of pins and version of Go.
 * Idempotent; without a network if they are there already.
 *
 * @throws Error that names what is missing (Go, a writable folder, the Go modules)
 */
export async function ensureControlPlane(options: InstallOptions): Promise<ControlPlaneInstall> {
  const environment = cleanEnvironment(options.environment ?? process.env)
  const sources = await readSources()
  const go = await findGo(neededGo(sources), environment, options.signal)
  const folder = join(options.cacheDir ?? defaultCacheDir(environment), installName(sources, go))
  await ensureFolder(folder, {
    what: 'Kubernetes API server',
    isUsable: (there) => areExecutable(...programs.map((program) => join(there, program))),
    make: async (partial) => {
      const { log } = options
      log('Kubernetes API server: building it and etcd, once on this machine; this takes minutes')
      for (const program of programs) await build(program, partial, { ...options, environment })
    },
    log: options.log,
  })
  return {
    version: kubernetesVersion(sources),
    apiserver: join(folder, 'kube-apiserver'),
    etcd: join(folder, 'etcd'),
  }
}

/** One sentence that says why {@link ensureControlPlane} can't work here, or undefined if nothing is known to be missing. */
export async function missingForControlPlane(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await findGo(neededGo(await readSources()), cleanEnvironment(environment))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** go.mod, go.sum and main.go of each program, as one text. */
export async function readSources(): Promise<Sources> {
  const read = async (program: Program): Promise<string> => {
    const files = ['go.mod', 'go.sum', 'main.go'].map((name) =>
      readFile(join(sourceFolder(program), name), 'utf8'),
    )
    return (await Promise.all(files)).join('\n')
  }
  return { etcd: await read('etcd'), 'kube-apiserver': await read('kube-apiserver') }
}

const sourceFolder = (program: Program): string => fileURLToPath(new URL(program, import.meta.url))

/** Depends on everything that makes one build differ from another. */
export function installName(sources: Sources, go: Go): string {
  const parts = JSON.stringify([programs.map((program) => sources[program]), buildFlags])
  const digest = createHash('sha256').update(parts).digest('hex').slice(0, 12)
  return `kubernetes-${kubernetesVersion(sources)}-${digest}-${go.tag}`
}

export function kubernetesVersion(sources: Sources): string {
  const version = /^\s*k8s\.io\/kubernetes v(\S+)/m.exec(sources['kube-apiserver'])?.[1]
  if (version === undefined) throw new Error('go.mod does not require k8s.io/kubernetes')
  return version
}

/** The newest that a `go` line asks for. */
export function neededGo(sources: Sources): GoVersion {
  const asked = programs.map((program) => {
    const line = /^go (\S+)$/m.exec(sources[program])?.[1]
    if (line === undefined) throw new Error(`go.mod of ${program} names no version of Go`)
    return parseGoVersion(`go${line}`)
  })
  return asked.reduce((a, b) => (b.major > a.major || (b.major === a.major && b.minor > a.minor) ? b : a))
}

async function build(
  program: Program,
  folder: string,
  { environment, log, signal }: InstallOptions & { readonly environment: NodeJS.ProcessEnv },
): Promise<void> {
  const run = async (what: string, args: readonly string[], onErrorLine: (line: string) => void) => {
    const options = { environment, folder: sourceFolder(program), signal, onErrorLine }
    const finished = await runCommand('go', args, options)
    if (finished.exitCode !== 0) throw new Error(`${what}:\n${tail(finished.stderr)}`)
    return finished.stdout
  }
  let modules = 0
  const unavailable = `the Go modules of ${program} could not be had (is the Go module proxy reachable?)`
  const listed = await run(unavailable, ['list', '-mod=readonly', '-deps', '.'], (line) => {
    if (line.startsWith('go: downloading ') && ++modules % 50 === 1)
      log(`Kubernetes API server: downloading Go modules of ${program}`)
  })

  const packages = listed.trimEnd().split('\n').length
  let compiled = 0
  log(`Kubernetes API server: compiling ${program}, at most ${packages} packages`)
  const args = ['build', '-v', ...buildFlags, '-o', join(folder, program), '.']
  await run(`${program} could not be built`, args, () => {
    if (++compiled % 100 === 0) log(`Kubernetes API server: ${compiled} packages of ${program} compiled`)
  })
}

/** What would build for another machine, or with another set of modules. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, ...rest } = environment
  return { ...rest, GOWORK: 'off', GO111MODULE: 'on' }
}
