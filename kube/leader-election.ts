import { delay, type Clock } from './clock.ts'
import {
  checkLeaderElectionTimes,
  jitterFactor,
  LeaderElectionConfigError,
  type LeaderElectionTimes,
} from './leader-election-config.ts'
import { LeaderTerm } from './leader-term.ts'
import { LeaseLock, type LeaseLockOptions } from './lease-lock.ts'
import type { Logger } from './log.ts'

export interface LeaderElectionOptions
  extends LeaderElectionTimes, Pick<LeaseLockOptions, 'leases' | 'namespace' | 'name' | 'identity'> {
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
  /** Called with each new leader, this one included, and with '' when there is none as far as is known. */
  readonly onLeader?: (identity: string) => void
}

/**
 * The work of a leader. `isLeader` is false from the renew deadline on, and aborts the signal then: ask it immediately before
 * anything is written. A process that was stopped for a while (SIGSTOP, a paused machine, a blocked event loop) gets to run
 * what was due before the timer that would abort the signal.
 */
export type Lead = (signal: AbortSignal, isLeader: () => boolean) => Promise<void>

/**
 * Waits for the Lease, and runs `lead` once while it is ours, with the rules of client-go's LeaderElector. Renewals go on until
 * `lead` has ended, so that nobody takes over from one that is still at it.
 *
 * - `lead` ends by itself, well or not: the Lease is released; resolves, or rejects with its error.
 * - `signal` aborts: so does that of `lead`; once `lead` has ended the Lease is released; resolves, unless `lead` rejected with
 *   something else than the abort reason.
 * - No renewal succeeded within `renewDeadlineMs` after the start of the last that did, or another has the Lease: the signal of
 *   `lead` aborts at that moment with a `LeadershipLostError`, and once `lead` has ended this rejects with it. The Lease is left alone.
 *
 * To be leader again, or to wait for it, start anew, best as a new process: what a leader knows is old when it is one again.
 *
 * @throws LeaderElectionConfigError before anything is asked
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  lead: Lead,
  signal: AbortSignal,
): Promise<void> {
  checkLeaderElectionTimes(options)
  const { clock, identity, log, namespace, name, renewDeadlineMs } = options
  if (identity === '') throw new LeaderElectionConfigError('the identity for the leader election is empty')
  const fields = { lease: `${namespace}/${name}`, identity }
  const leader = new LeaderReport(options)
  const lock = new LeaseLock({
    ...options,
    // Two attempts fit before the deadline.
    requestTimeoutMs: renewDeadlineMs / 2,
    onHolder: (holder) => leader.is(holder),
  })

  log.info(fields, 'waiting to become leader')
  const since = await acquire(lock, options, signal)
  if (since === undefined || signal.aborted) {
    await release(lock, options)
    return
  }
  log.info(fields, 'became leader')
  const term = new LeaderTerm({ clock, renewDeadlineMs, since })
  const failure = await leadUntilEnd(lock, term, options, lead, signal)
  const lost = term.close()
  if (lost !== undefined) {
    leader.is('')
    if (failure !== undefined && failure.error !== lost)
      log.warn({ ...fields, err: failure.error }, 'the leader failed when it lost the lease')
    throw lost
  }
  await release(lock, options)
  log.info(fields, 'stopped leading')
  if (failure !== undefined) throw failure.error
}

interface Failure {
  readonly error: unknown
}

/** Resolves when `lead` and the renewals have ended. That `lead` fails by being told to stop is no failure. */
async function leadUntilEnd(
  lock: LeaseLock,
  term: LeaderTerm,
  options: LeaderElectionOptions,
  lead: Lead,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const stop = (): void => term.end(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const ended = new AbortController()
  const renewing = keepRenewing(lock, term, options, ended.signal)
  try {
    await lead(term.signal, () => term.isLeader())
    return undefined
  } catch (error) {
    return signal.aborted && error === signal.reason ? undefined : { error }
  } finally {
    signal.removeEventListener('abort', stop)
    ended.abort()
    await renewing
  }
}

/** Tries until it has the Lease; the moment at which the attempt began that got it. Undefined after an abort. */
async function acquire(
  lock: LeaseLock,
  options: LeaderElectionOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { clock, log, random, renewDeadlineMs, retryPeriodMs } = options
  let failures = 0
  while (!signal.aborted) {
    const start = clock.monotonic()
    try {
      const acquired = await lock.acquire(signal)
      failures = 0
      if (acquired && clock.monotonic() - start < renewDeadlineMs) return start
      // The answer came so late that the Lease may be another's by now.
      if (acquired) continue
    } catch (error) {
      if (error !== signal.reason) tellFailure(log, ++failures, error, 'cannot get the lease: trying again')
    }
    await delay(clock, retryPeriodMs * (1 + jitterFactor * random()), signal)
  }
  return undefined
}

/** Renews until `ended` aborts, or leadership is lost. */
async function keepRenewing(
  lock: LeaseLock,
  term: LeaderTerm,
  options: LeaderElectionOptions,
  ended: AbortSignal,
): Promise<void> {
  const { clock, log, retryPeriodMs } = options
  const stop = AbortSignal.any([ended, term.lostSignal])
  let start = term.since
  let failures = 0
  for (;;) {
    await delay(clock, Math.max(0, start + retryPeriodMs - clock.monotonic()), stop)
    if (stop.aborted || !term.isLeader()) return
    start = clock.monotonic()
    try {
      if (!(await lock.renew(stop))) term.lose('another has the Lease')
      else term.renewed(start)
      failures = 0
    } catch (error) {
      if (error === stop.reason) return
      term.failed(error)
      tellFailure(log, ++failures, error, 'cannot renew the lease: trying again')
    }
  }
}

async function release(lock: LeaseLock, { log, namespace, name }: LeaderElectionOptions): Promise<void> {
  try {
    await lock.release()
  } catch (error) {
    log.warn(
      { lease: `${namespace}/${name}`, err: error },
      'the lease is not released: the next leader waits',
    )
  }
}

/** Only the first of a row is worth a warning: an API server that is down is told once. */
function tellFailure(log: Logger, failures: number, err: unknown, message: string): void {
  if (failures === 1) log.warn({ err }, message)
  else log.debug({ err, failures }, message)
}

/** Says who leads, when that changes. */
class LeaderReport {
  readonly #options: Pick<LeaderElectionOptions, 'identity' | 'log' | 'onLeader'>
  #told: string | undefined

  constructor(options: Pick<LeaderElectionOptions, 'identity' | 'log' | 'onLeader'>) {
    this.#options = options
  }

  is(holder: string): void {
    const { identity, log, onLeader } = this.#options
    if (holder === this.#told) return
    this.#told = holder
    if (holder !== '' && holder !== identity) log.info({ leader: holder }, 'another leads')
    try {
      onLeader?.(holder)
    } catch (error) {
      log.error({ err: error }, 'the callback for a new leader threw: going on')
    }
  }
}
