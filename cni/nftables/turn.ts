import { DumpInterruptedError, isOpError } from '../netlink/error.ts'
import { Errno, type Handle, type System, isSysError } from '../sys.ts'

/** As iptables has `xtables.lock` there. Only root can open it, so nobody else can keep us waiting. */
const lockFile = '/run/podway-cni.lock'

/** How long it begins again because others, who know nothing of our lock, change rules at the same time. */
const patienceMilliseconds = 10_000
/** Of the pauses before a new attempt: the first ones are none, the others grow up to the longest one. */
const [attemptsWithoutPause, longestPause] = [3, 100]

/**
 * Does the work while no other process of ours changes the packet filter: any change of theirs would end what was read
 * before it, so that of many at once nearly all would have to begin again. Where there is no such file to be had, in an
 * agent's container for example, it is done all the same: what holds is the generation, the lock only saves attempts.
 */
export function inTurn<T>({ files }: System, work: () => T): T {
  const lock = openLock(files)
  if (lock === undefined) return work()
  try {
    files.lock(lock)
    return work()
  } finally {
    files.close(lock)
  }
}

function openLock(files: System['files']): Handle | undefined {
  try {
    return files.open(lockFile, 0o600)
  } catch (error) {
    if (isSysError(error)) return undefined
    throw error
  }
}

/**
 * Reads and changes, again when rules have changed in between, whoever's: for ten seconds, with pauses that grow and
 * differ from process to process.
 *
 * @throws OpError ERESTART, or DumpInterruptedError, if the rules never stand still
 */
export function untilUndisturbed<T>(system: System, attempt: () => T): T {
  let deadline: number | undefined
  for (let attempts = 1; ; attempts++) {
    try {
      return attempt()
    } catch (error) {
      if (!isOpError(error, Errno.ERESTART) && !(error instanceof DumpInterruptedError)) throw error
      if (attempts < attemptsWithoutPause) continue
      const serving = system.serving()
      deadline ??= serving.clock() + patienceMilliseconds
      if (serving.clock() >= deadline) throw error
      const [random = 0] = system.random(1)
      serving.poll([], [], 1 + ((Math.min(2 ** attempts, longestPause) * random) >> 8))
    }
  }
}
