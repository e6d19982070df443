import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { areExecutable, defaultCacheDir, ensureFolder } from '../install/cache-folder.ts'
import { runCommand, tail } from '../install/command.ts'
import { findPython, type Python } from './find-python.ts'

export interface PythonPackages {
  /** Of the package that all others are there for, as a person writes it. */
  readonly what: string
  /** The same, as the index has it. */
  readonly main: string
  /** All packages, each with one version and the hashes of its wheels. */
  readonly requirementsFile: string
}

export interface InstallOptions {
  /** Where installations are kept; `podway` in the user's cache folder if absent. */
  readonly cacheDir?: string
  /** Says what goes on: an installation may take a minute. */
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** Where Python, pip's settings and the cache folder are looked up: `process.env` if absent. */
  readonly environment?: NodeJS.ProcessEnv
}

/** A complete installation. It is only read from now on, so any user who can read it can run it. */
export interface PythonEnvironment {
  /** Of the main package. */
  readonly version: string
  /** The interpreter that has the packages. */
  readonly python: string
}

/**
 * Packages of Python, installed from the package index into a virtual environment of their own, once for each set of pins
 * and Python. Idempotent; without a network if it is there already.
 *
 * @throws Error that names what is missing (Python, its venv module, a writable folder, the package index)
 */
export async function ensurePythonEnvironment(
  packages: PythonPackages,
  options: InstallOptions,
): Promise<PythonEnvironment> {
  const { what, main, requirementsFile } = packages
  const environment = cleanEnvironment(options.environment ?? process.env)
  const requirements = await readFile(requirementsFile, 'utf8')
  const version = pinnedVersion(requirements, main)
  const python = await findPython(what, environment, options.signal)
  const name = environmentName(what, version, requirements, python)
  const folder = join(options.cacheDir ?? defaultCacheDir(environment), name)
  await ensureFolder(folder, {
    what,
    // Follows the link to the Python that it was made with: a system upgrade may have taken that away.
    isUsable: (there) => areExecutable(interpreter(there)),
    make: (partial) => install(partial, python, packages, requirements, { ...options, environment }),
    log: options.log,
  })
  return { version, python: interpreter(folder) }
}

/** Depends on everything that makes one installation differ from another. */
export function environmentName(
  what: string,
  version: string,
  requirements: string,
  python: Pick<Python, 'tag'>,
): string {
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 12)
  return `${what.toLowerCase()}-${version}-${digest}-${python.tag}`
}

/** @throws Error if that package has no exact version there */
export function pinnedVersion(requirements: string, name: string): string {
  const line = requirements.split('\n').find((each) => each.startsWith(`${name}==`))
  const version = line?.slice(name.length + 2).split(' ', 1)[0]
  if (version === undefined) throw new Error(`the requirements do not pin ${name}`)
  return version
}

const interpreter = (folder: string): string => join(folder, 'bin', 'python')

async function install(
  folder: string,
  python: Python,
  { what, requirementsFile }: PythonPackages,
  requirements: string,
  options: InstallOptions & { readonly environment: NodeJS.ProcessEnv },
): Promise<void> {
  const { environment, log, signal } = options
  log(`${what}: making a Python environment with ${python.executable}`)
  const venv = await runCommand(python.executable, ['-m', 'venv', folder], { environment, signal })
  if (venv.exitCode !== 0)
    throw new Error(
      `${python.executable} could not make a virtual environment:\n${tail(`${venv.stdout}\n${venv.stderr}`)}`,
    )

  const packages = requirements.match(/^[a-z][^ ]*==/gm)?.length ?? 0
  log(`${what}: installing ${packages} packages, once on this machine`)
  let collected = 0
  const onLine = (line: string) => {
    if (line.startsWith('Collecting ') && ++collected % 20 === 0)
      log(`${what}: ${collected} of ${packages} packages found`)
    if (line.startsWith('Installing ')) log(`${what}: unpacking ${packages} packages`)
  }
  const args = [...pipArguments, '--requirement', requirementsFile]
  const pip = await runCommand(interpreter(folder), args, { environment, signal, onLine })
  if (pip.exitCode !== 0)
    throw new Error(
      `pip could not install the packages of ${what} (is the package index reachable?):\n${tail(pip.stderr)}`,
    )
}

// Pinned, hashed, complete, and wheels only: nothing is resolved, nothing is built, no foreign code runs.
const pipArguments = [
  ...['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
  ...['--no-deps', '--require-hashes', '--only-binary', ':all:'],
]

/** What would make Python look for its packages elsewhere than in the environment that it is started from. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PYTHONPATH: _path, PYTHONHOME: _home, PIP_TARGET: _target, PIP_USER: _user, ...rest } = environment
  return rest
}
