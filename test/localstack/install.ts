import { createHash } from 'node:crypto'
import { access, chmod, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand, tail } from './command.ts'
import { findPython, type Python } from './python.ts'

/** A complete installation. It is only read from now on, so any user who can read it can run it. */
export interface LocalStackInstall {
  /** `4.14.0` */
  readonly version: string
  /** The interpreter that has LocalStack's packages. */
  readonly python: string
}

export interface InstallOptions {
  /** Where installations are kept; `podway` in the user's cache folder if absent. */
  readonly cacheDir?: string
  /** Says what goes on: an installation takes from a quarter of a minute to a minute, and 250 MB. */
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** Where Python, pip's settings and the cache folder are looked up: `process.env` if absent. */
  readonly environment?: NodeJS.ProcessEnv
}

const requirementsFile = fileURLToPath(new URL('requirements.txt', import.meta.url))

/**
 * LocalStack in host mode, installed from the package index into a virtual environment of its own, once for each
 * version, set of pins and Python. Idempotent; without a network if it is there already.
 *
 * The final folder comes into being by one rename of a finished installation: it is complete or absent, whatever was
 * killed, and of several runs at the same time the first wins and the others take over what it made.
 *
 * @throws Error that names what is missing (Python, its venv module, a writable folder, the package index)
 */
export async function ensureLocalStack(options: InstallOptions): Promise<LocalStackInstall> {
  const environment = cleanEnvironment(options.environment ?? process.env)
  const requirements = await readFile(requirementsFile, 'utf8')
  const version = localStackVersion(requirements)
  const python = await findPython(environment, options.signal)
  const folder = join(options.cacheDir ?? defaultCacheDir(environment), installName(requirements, python))
  if (!(await isUsable(folder))) await install(folder, python, requirements, { ...options, environment })
  return { version, python: interpreter(folder) }
}

/** Depends on everything that makes one installation differ from another. */
export function installName(requirements: string, python: Pick<Python, 'tag'>): string {
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 12)
  return `localstack-${localStackVersion(requirements)}-${digest}-${python.tag}`
}

export function localStackVersion(requirements: string): string {
  const version = /^localstack-core==(\S+)/m.exec(requirements)?.[1]
  if (version === undefined) throw new Error('requirements.txt does not pin localstack-core')
  return version
}

/** XDG Base Directory Specification. */
export function defaultCacheDir(environment: NodeJS.ProcessEnv): string {
  const xdg = environment.XDG_CACHE_HOME
  // The specification: a relative path is to be ignored.
  const cache = xdg?.startsWith('/') === true ? xdg : join(environment.HOME ?? homedir(), '.cache')
  return join(cache, 'podway')
}

const interpreter = (folder: string): string => join(folder, 'bin', 'python')

/** Follows the link to the Python that it was made with: a system upgrade may have taken that away. */
async function isUsable(folder: string): Promise<boolean> {
  return access(interpreter(folder), constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function install(
  folder: string,
  python: Python,
  requirements: string,
  options: InstallOptions & { readonly environment: NodeJS.ProcessEnv },
): Promise<void> {
  const { environment, log, signal } = options
  const partial = await makePartial(folder)
  try {
    log(`LocalStack: making a Python environment with ${python.executable}`)
    const venv = await runCommand(python.executable, ['-m', 'venv', partial], { environment, signal })
    if (venv.exitCode !== 0)
      throw new Error(
        `${python.executable} could not make a virtual environment:\n${tail(`${venv.stdout}\n${venv.stderr}`)}`,
      )

    const packages = requirements.match(/^[a-z][^ ]*==/gm)?.length ?? 0
    log(`LocalStack: installing ${packages} packages, once on this machine`)
    let collected = 0
    const onLine = (line: string) => {
      if (line.startsWith('Collecting ') && ++collected % 20 === 0)
        log(`LocalStack: ${collected} of ${packages} packages found`)
      if (line.startsWith('Installing ')) log(`LocalStack: unpacking ${packages} packages`)
    }
    const pip = await runCommand(interpreter(partial), pipArguments, { environment, signal, onLine })
    if (pip.exitCode !== 0)
      throw new Error(
        `pip could not install LocalStack's packages (is the package index reachable?):\n${tail(pip.stderr)}`,
      )

    await publish(partial, folder)
    log(`LocalStack: ready in ${folder}`)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

// Pinned, hashed, complete, and wheels only: nothing is resolved, nothing is built, no foreign code runs.
const pipArguments = [
  ...['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
  ...['--no-deps', '--require-hashes', '--only-binary', ':all:', '--requirement', requirementsFile],
]

/** What would make Python look for its packages elsewhere than in the environment that it is started from. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PYTHONPATH: _path, PYTHONHOME: _home, PIP_TARGET: _target, PIP_USER: _user, ...rest } = environment
  return rest
}

/** A fresh folder beside the final one, so that a rename can publish it. What dead installations left is removed. */
async function makePartial(folder: string): Promise<string> {
  const cache = dirname(folder)
  const prefix = `${basename(folder)}.partial-`
  try {
    await mkdir(cache, { recursive: true })
    for (const name of await readdir(cache)) {
      if (name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length), 10)))
        await rm(join(cache, name), { recursive: true, force: true })
    }
    const partial = await mkdtemp(join(cache, `${prefix}${process.pid}-`))
    // From mkdtemp it is private; nothing in it is, and other users may run it.
    await chmod(partial, 0o755)
    return partial
  } catch (error) {
    throw new Error(
      `LocalStack can't be installed in ${cache} (XDG_CACHE_HOME chooses another place): ${(error as Error).message}`,
      { cause: error },
    )
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: somebody else's process, but a process.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function publish(partial: string, folder: string): Promise<void> {
  if (!(await isUsable(folder))) {
    // Two renames, not a removal in place: nobody sees a folder of which half is gone.
    const broken = `${partial}-replaced`
    await rename(folder, broken).catch(ignore('ENOENT'))
    await rm(broken, { recursive: true, force: true })
  }
  // Not empty: another run was faster, and ours is thrown away.
  await rename(partial, folder).catch(ignore('ENOTEMPTY', 'EEXIST'))
}

const ignore =
  (...codes: readonly string[]) =>
  (error: unknown): void => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
