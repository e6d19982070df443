import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { StateFileError, systemCode, unwritable } from './state-file-error.ts'

/** Who we are, and who else runs here. */
export interface Surroundings {
  readonly pid: number
  readonly host: string
  /** Whether a process of that id runs on this host. */
  readonly isRunning: (pid: number) => boolean
  /** Never the same twice. */
  readonly makeToken: () => string
}

export interface StateLock {
  /** @throws StateFileError if the lock is no longer ours: somebody took it for stale, or deleted it */
  check(): Promise<void>
  /** Idempotent; leaves alone what is not ours. */
  release(): Promise<void>
}

interface Holder {
  readonly pid: number
  readonly host: string
  readonly token: string
}

/** Of the locks that this process holds: a program in a container has the same process id after every restart. */
const ownTokens = new Set<string>()

/** How often we may be overtaken by others who take over the same stale lock. */
const maxAttempts = 5

/**
 * Makes sure that nobody else works with the state file, by a file beside it: `FILE.lock`, made with O_EXCL, that names
 * process and host. The lock of a process that runs no more on this host is taken over; of another host's processes
 * nothing is known. @throws StateFileError naming the file and the holder
 */
export async function lockState(path: string, self: Surroundings): Promise<StateLock> {
  const file = `${path}.lock`
  const token = self.makeToken()
  const text = `${JSON.stringify({ pid: self.pid, host: self.host, token } satisfies Holder)}\n`
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (await create(file, text, path)) {
      ownTokens.add(token)
      return heldLock(path, file, token)
    }
    const found = await readIfThere(file, path)
    if (found === undefined) continue
    if (!isStale(found, self)) throw locked(path, file, found)
    await takeAway(path, file, found, `${file}.${token}`)
  }
  throw locked(path, file, (await readIfThere(file, path)) ?? '')
}

function heldLock(path: string, file: string, token: string): StateLock {
  const isOurs = async (): Promise<boolean> =>
    holderOf((await readIfThere(file, path)) ?? '')?.token === token
  return {
    async check() {
      if (await isOurs()) return
      throw new StateFileError('ERR_STATE_FILE_LOCKED', path, {
        problem: `The lock ${file} is no longer ours, and so nothing was written to the state file`,
        remedy: 'See who else works with it, and run the command again.',
      })
    },
    async release() {
      if (!ownTokens.delete(token)) return
      if (await isOurs()) await rm(file, { force: true })
    },
  }
}

/** False if there is one already. */
async function create(file: string, text: string, path: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw unwritable(path, error)
  }
}

/**
 * Removes a stale lock, and no other: between our look and our removal somebody may have taken it over. Moved aside, it
 * is ours to look at again, and goes back if it is not the one we saw.
 */
async function takeAway(path: string, file: string, seen: string, aside: string): Promise<void> {
  try {
    await rename(file, aside)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return
    throw unwritable(path, error)
  }
  const moved = await readIfThere(aside, path)
  // If a third one has made a lock meanwhile, its owner and the one we moved find out when they write.
  if (moved !== seen) await link(aside, file).catch(() => undefined)
  await rm(aside, { force: true })
}

async function readIfThere(file: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw unwritable(path, error)
  }
}

function isStale(text: string, self: Surroundings): boolean {
  const holder = holderOf(text)
  if (holder?.host !== self.host) return false
  return holder.pid === self.pid ? !ownTokens.has(holder.token) : !self.isRunning(holder.pid)
}

function holderOf(text: string): Holder | undefined {
  try {
    const { pid, host, token } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && typeof host === 'string' && typeof token === 'string'
      ? { pid, host, token }
      : undefined
  } catch {
    return undefined
  }
}

function locked(path: string, file: string, text: string): StateFileError {
  const holder = holderOf(text)
  const who =
    holder === undefined ? 'somebody unknown' : `process ${holder.pid} on host ${JSON.stringify(holder.host)}`
  return new StateFileError('ERR_STATE_FILE_LOCKED', path, {
    problem: `The state file is in use by ${who}`,
    remedy: `Wait until it is done. If it runs no more, delete ${file}.`,
  })
}
