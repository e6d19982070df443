import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from './cache-folder.ts'
import { runCommand, tail } from './command.ts'

/** A program that others wrote in Go, built from its published module. */
export interface GoTool {
  /** Of a go.mod that has it as a tool, with the go.sum that says what it is made of. */
  readonly sources: string
  /** `github.com/prometheus/prometheus/cmd/promtool`; the last part is the program's name. */
  readonly package: string
  /** Whose version is the program's. */
  readonly module: string
  readonly buildFlags: readonly string[]
  /** `promtool, which judges the alerts`: what a sentence begins with that says what is missing. */
  readonly what: string
  /** How long a build takes, and what else it costs. */
  readonly costs: string
}

export interface GoToolOptions {
  readonly log: (line: string) => void
  /** Where Go, its settings and the cache folder are looked up. */
  readonly environment: NodeJS.ProcessEnv
}

/**
 * The program, built once for each set of pins and version of Go into the user's cache folder. Idempotent; without a network
 * if it is there already. Resolves with its path.
 *
 * @throws Error that says in a sentence what is missing (Go, a writable folder, the Go modules)
 */
export async function ensureGoTool(tool: GoTool, { environment, log }: GoToolOptions): Promise<string> {
  const compiler = await findCompiler(tool, environment)
  const name = nameOf(tool)
  const folder = await folderOf(tool, compiler, environment)
  await ensureFolder(folder, {
    what: name,
    isUsable: (there) => areExecutable(join(there, name)),
    make: (partial) => {
      log(`${name}: building it with ${compiler}, once on this machine; this takes ${tool.costs}`)
      return build(tool, join(partial, name), environment)
    },
    log,
  })
  return join(folder, name)
}

/** One sentence that says why {@link ensureGoTool} can't work here, or undefined if nothing is known to be missing. */
export async function missingForGoTool(
  tool: GoTool,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    await findCompiler(tool, environment)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Whether it is built already. */
export async function hasGoTool(tool: GoTool, environment: NodeJS.ProcessEnv): Promise<boolean> {
  if ((await missingForGoTool(tool, environment)) !== undefined) return false
  const folder = await folderOf(tool, await findCompiler(tool, environment), environment)
  return areExecutable(join(folder, nameOf(tool)))
}

/** Depends on everything that makes one build differ from another. @param pins go.mod and go.sum, as one text */
export function installName(tool: GoTool, pins: string, compiler: string): string {
  const required = new RegExp(String.raw`^\s*${RegExp.escape(tool.module)} (v\S+)`, 'm')
  const version = required.exec(pins)?.[1]
  if (version === undefined) throw new Error(`go.mod does not require ${tool.module}`)
  const digest = createHash('sha256')
    .update(JSON.stringify([pins, tool.buildFlags]))
    .digest('hex')
    .slice(0, 12)
  return `${nameOf(tool)}-${version}-${digest}-${compiler}`.replaceAll(/[^a-zA-Z0-9.-]/g, '_')
}

export async function readPins({ sources }: GoTool): Promise<string> {
  const files = ['go.mod', 'go.sum'].map((name) => readFile(join(sources, name), 'utf8'))
  return (await Promise.all(files)).join('\n')
}

const nameOf = (tool: GoTool): string => basename(tool.package)

const folderOf = async (tool: GoTool, compiler: string, environment: NodeJS.ProcessEnv): Promise<string> =>
  join(defaultCacheDir(environment), installName(tool, await readPins(tool), compiler))

/** `go1.26.8-linux-amd64` */
async function findCompiler({ what }: GoTool, environment: NodeJS.ProcessEnv): Promise<string> {
  // In the root folder no module says which toolchain to fetch.
  const { exitCode, stdout } = await runCommand('go', ['env', 'GOVERSION', 'GOHOSTOS', 'GOHOSTARCH'], {
    environment,
    folder: '/',
  })
  if (exitCode !== 0) throw new Error(`${what}, is built with Go; there is no working go on the PATH.`)
  return stdout.split('\n').join('-')
}

async function build(tool: GoTool, program: string, environment: NodeJS.ProcessEnv): Promise<void> {
  // What would build for another machine, or with another set of modules.
  const { GOOS: _os, GOARCH: _arch, ...rest } = environment
  const built = await runCommand('go', ['build', ...tool.buildFlags, '-o', program, tool.package], {
    environment: { ...rest, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GO111MODULE: 'on' },
    folder: tool.sources,
  })
  if (built.exitCode !== 0)
    throw new Error(
      `${nameOf(tool)} could not be built (is the Go module proxy reachable?):\n${tail(built.stderr)}`,
    )
}
