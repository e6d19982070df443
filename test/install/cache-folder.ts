import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** `podway` in the user's cache folder (XDG Base Directory Specification). */
export function defaultCacheDir(environment: NodeJS.ProcessEnv): string {
  const xdg = environment.XDG_CACHE_HOME
  // The specification: a relative path is to be ignored.
  const cache = xdg?.startsWith('/') === true ? xdg : join(environment.HOME ?? homedir(), '.cache')
  return join(cache, 'podway')
}

/** Whether all of them are there and can be run; a link counts as what it points at. */
export async function areExecutable(...files: readonly string[]): Promise<boolean> {
  return Promise.all(files.map((file) => access(file, constants.X_OK))).then(
    () => true,
    () => false,
  )
}

export interface CacheEntry {
  /** What it is, to begin a sentence with. */
  readonly what: string
  /** Whether the folder is complete: one that is not is replaced. */
  readonly isUsable: (folder: string) => Promise<boolean>
  /** Fills a fresh folder. */
  readonly make: (partial: string) => Promise<void>
  readonly log: (line: string) => void
}

/**
 * Sees to it that the folder is there and usable; does nothing if it is.
 *
 * It comes into being by one rename of what was made beside it: it is complete or absent, whatever was killed, and of
 * several runs at the same time the first wins and the others take over what it made.
 *
 * @throws Error if its parent can't be written, or what `make` throws
 */
export async function ensureFolder(folder: string, entry: CacheEntry): Promise<void> {
  if (await entry.isUsable(folder)) return
  const partial = await makePartial(folder, entry.what)
  try {
    await entry.make(partial)
    await publish(partial, folder, entry.isUsable)
    entry.log(`${entry.what}: ready in ${folder}`)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** A fresh folder beside the final one, so that a rename can publish it. What dead runs left is removed. */
async function makePartial(folder: string, what: string): Promise<string> {
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
      `${what} can't be installed in ${cache} (XDG_CACHE_HOME chooses another place): ${(error as Error).message}`,
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

async function publish(
  partial: string,
  folder: string,
  isUsable: (folder: string) => Promise<boolean>,
): Promise<void> {
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
