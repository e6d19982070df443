import { runCommand } from '../install/command.ts'

/** A Python interpreter on this machine that can make virtual environments. */
export interface Python {
  /** The interpreter itself, not a shim in front of it. */
  readonly executable: string
  /** `cpython-3.11.7-x86_64`: what an environment made with it depends on. */
  readonly tag: string
}

// The names that distributions and pyenv give it. The first that serves is taken.
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11'] as const

// LocalStack 4.14 claims 3.10, but imports datetime.UTC, which came with 3.11.
const oldest = { major: 3, minor: 11 }

/** Prints what we need to know. Debian ships `venv` without `ensurepip`, and only together they make an environment. */
const selfPortrait = `
import importlib.util, json, platform, sys
print(json.dumps({
  "executable": sys.executable,
  "implementation": sys.implementation.name,
  "version": list(sys.version_info[:3]),
  "machine": platform.machine(),
  "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))`

interface SelfPortrait {
  readonly executable: string
  readonly implementation: string
  readonly version: readonly [number, number, number]
  readonly machine: string
  readonly venv: boolean
}

/**
 * Finds a Python of at least 3.11 with the `venv` module on the PATH of the environment.
 *
 * @param what needs it, for the error
 * @throws Error that says what was found, and what is missing
 */
export async function findPython(
  what: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Python> {
  const rejected: string[] = []
  for (const name of candidates) {
    const portrait = await askPython(name, environment, signal)
    if (portrait === undefined) continue
    const version = portrait.version.join('.')
    const [major, minor] = portrait.version
    if (major < oldest.major || (major === oldest.major && minor < oldest.minor))
      rejected.push(`${name} is ${version}, too old`)
    else if (!portrait.venv)
      rejected.push(
        `${name} (${version}) lacks the venv module (Debian, Ubuntu: apt-get install python3-venv)`,
      )
    else
      return {
        executable: portrait.executable,
        tag: `${portrait.implementation}-${version}-${portrait.machine}`,
      }
  }
  throw new Error(
    `${what} needs Python 3.11 or newer with its venv module; ` +
      (rejected.length === 0 ? 'there is no python3 on the PATH' : rejected.join('; ')),
  )
}

async function askPython(
  name: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<SelfPortrait | undefined> {
  const { exitCode, stdout } = await runCommand(name, ['-I', '-c', selfPortrait], { environment, signal })
  // A shim without a Python behind it also exits with an error: as good as none.
  return exitCode === 0 ? (JSON.parse(stdout) as SelfPortrait) : undefined
}
