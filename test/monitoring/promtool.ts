import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { runCommand, tail } from '../install/command.ts'

/** In its go.mod, promtool is a tool; go.sum says what it is made of. */
const sources = fileURLToPath(new URL('promtool', import.meta.url))
const promtoolPackage = 'github.com/prometheus/prometheus/cmd/promtool'

// Without the clouds' SDKs, which it would need to find what to scrape: a tenth of the time to build.
const buildFlags = ['-mod=readonly', '-buildvcs=false', '-tags=remove_all_sd', '-ldflags=-s -w'] as const

export interface PromtoolOptions {
  readonly log: (line: string) => void
  /** Where Go, its settings and the cache folder are looked up. */
  readonly environment: NodeJS.ProcessEnv
}

/**
 * Prometheus' promtool, built from its published Go module, once for each set of pins and version of Go, into the user's
 * cache folder. Idempotent; without a network if it is there already. Resolves with the program's path.
 *
 * @throws Error that says in a sentence what is missing (Go, a writable folder, the Go modules)
 */
export async function ensurePromtool({ environment, log }: PromtoolOptions): Promise<string> {
  const compiler = await findCompiler(environment)
  const folder = join(defaultCacheDir(environment), installName(await readPins(), compiler))
  await ensureFolder(folder, {
    what: 'promtool',
    isUsable: (there) => areExecutable(join(there, 'promtool')),
    make: (partial) => {
      log(`promtool: building it with ${compiler}, once on this machine; this takes a minute or two`)
      return build(join(partial, 'promtool'), environment)
    },
    log,
  })
  return join(folder, 'promtool')
}

/** One sentence that says why {@link ensurePromtool} can't work here, or undefined if nothing is known to be missing. */
export async function missingForPromtool(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    await findCompiler(environment)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Depends on everything that makes one build differ from another. @param pins go.mod and go.sum, as one text */
export function installName(pins: string, compiler: string): string {
  const version = /^\s*github\.com\/prometheus\/prometheus (v\S+)/m.exec(pins)?.[1]
  if (version === undefined) throw new Error('go.mod does not require github.com/prometheus/prometheus')
  const digest = createHash('sha256')
    .update(JSON.stringify([pins, buildFlags]))
    .digest('hex')
    .slice(0, 12)
  return `promtool-${version}-${digest}-${compiler}`.replaceAll(/[^a-zA-Z0-9.-]/g, '_')
}

export async function readPins(): Promise<string> {
  const files = ['go.mod', 'go.sum'].map((name) => readFile(join(sources, name), 'utf8'))
  return (await Promise.all(files)).join('\n')
}

/** `go1.26.8-linux-amd64` */
async function findCompiler(environment: NodeJS.ProcessEnv): Promise<string> {
  // In the root folder no module says which toolchain to fetch.
  const { exitCode, stdout } = await runCommand('go', ['env', 'GOVERSION', 'GOHOSTOS', 'GOHOSTARCH'], {
    environment,
    folder: '/',
  })
  if (exitCode !== 0)
    throw new Error(
      'promtool, which judges the alerts, is built with Go; there is no working go on the PATH.',
    )
  return stdout.split('\n').join('-')
}

async function build(program: string, environment: NodeJS.ProcessEnv): Promise<void> {
  // What would build for another machine, or with another set of modules.
  const { GOOS: _os, GOARCH: _arch, ...rest } = environment
  const built = await runCommand('go', ['build', ...buildFlags, '-o', program, promtoolPackage], {
    environment: { ...rest, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'on' },
    folder: sources,
  })
  if (built.exitCode !== 0)
    throw new Error(`promtool could not be built (is the Go module proxy reachable?):\n${tail(built.stderr)}`)
}
