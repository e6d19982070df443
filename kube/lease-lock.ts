import type { Clock } from './clock.ts'
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts'
import type { Lease, LeaseSpec } from './lease.ts'
import { microTime } from './micro-time.ts'
import type { CallOptions, Resource } from './resource.ts'

export interface LeaseLockOptions {
  readonly leases: Pick<Resource<Lease>, 'get' | 'create' | 'update'>
  readonly namespace: string
  readonly name: string
  /** No other process has it, not even an earlier one of the same pod. */
  readonly identity: string
  readonly leaseDurationMs: number
  /** Of each request, and of a release as a whole. */
  readonly requestTimeoutMs: number
  readonly clock: Clock
  /** Called with every holder that is read or written, '' for nobody. */
  readonly onHolder: (identity: string) => void
}

/**
 * One Lease as a lock. Every write is a PUT that names the version it is based on, so that of two candidates one gets a
 * conflict. Whether another's lease has expired is judged by when this process first saw its last renewal, on this process's
 * monotonic clock: the times in the Lease are another clock's and are never compared.
 *
 * Methods reject with a `KubeError`, or with the signal's reason. One call at a time.
 */
export class LeaseLock {
  readonly #options: LeaseLockOptions
  /** As the API server last gave it to us as its holder. */
  #own: Lease | undefined
  /** The last state that differed from the one before in more than labels, and when it was first seen. */
  #seen = { record: '', at: 0, holder: '', durationMs: 0 }
  /** A write that makes it ours was sent, and nothing says that it failed. */
  #claimed = false

  constructor(options: LeaseLockOptions) {
    this.#options = options
  }

  /**
   * One attempt: reads, and takes it if it is nobody's, ours or expired. False if another has it, or was quicker. That the Lease
   * is deleted ends no one's time: its holder learns of it only at its next renewal.
   */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const lease = await this.#read(signal)
    if (!this.#isFree()) return false
    this.#claimed = true
    try {
      if (lease === undefined) {
        await this.#create(signal)
        return true
      }
      const { holderIdentity, leaseTransitions = 0 } = lease.spec
      const taken = { acquireTime: this.#now(), leaseTransitions: leaseTransitions + 1 }
      await this.#hold(lease, holderIdentity === this.#options.identity ? {} : taken, signal)
      return true
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error)) throw error
      this.#claimed = false
      return false
    }
  }

  /** Says that we are still there. False if it is another's, or nobody's, by now. A Lease that was deleted is made anew. */
  async renew(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#own !== undefined) {
        await this.#hold(this.#own, {}, signal)
        return true
      }
    } catch (error) {
      // Somebody labelled it, or it is another object, or our last renewal happened without our getting the answer.
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
    const lease = await this.#read(signal)
    if (lease === undefined) {
      await this.#create(signal)
      return true
    }
    if (lease.spec.holderIdentity !== this.#options.identity) {
      this.#claimed = false
      return false
    }
    await this.#hold(lease, {}, signal)
    return true
  }

  /**
   * Lets the next one take over at once, if the Lease is ours: nothing is written to another's, whenever it became that. To be
   * called when all work that it guards has ended, and no other call runs.
   */
  async release(): Promise<void> {
    if (!this.#claimed) return
    const { clock, identity, requestTimeoutMs } = this.#options
    const late = new AbortController()
    const timer = clock.setTimeout(() => {
      late.abort(new Error(`the Lease was not released within ${requestTimeoutMs} ms`))
    }, requestTimeoutMs)
    try {
      for (let tries = 1; ; tries++) {
        const lease = await this.#read(late.signal)
        if (lease?.spec.holderIdentity !== identity) return
        const now = this.#now()
        // As client-go: a duration of 0 would be refused.
        const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
        try {
          await this.#put(lease, spec, late.signal)
          return
        } catch (error) {
          // A renewal that was cut off may still have arrived in between.
          if (!isConflict(error) || tries === 3) throw error
        }
      }
    } finally {
      timer.cancel()
      this.#claimed = false
      this.#own = undefined
    }
  }

  #isFree(): boolean {
    const { clock, identity } = this.#options
    const { at, durationMs, holder } = this.#seen
    return holder === '' || holder === identity || clock.monotonic() - at >= durationMs
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { leases, name } = this.#options
    try {
      const lease = await leases.get(name, this.#call(signal))
      this.#observe(lease)
      return lease
    } catch (error) {
      if (!isNotFound(error)) throw error
      return undefined
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { leases, name, namespace } = this.#options
    const now = this.#now()
    const spec: LeaseSpec = { ...this.#heldBySelf(now), acquireTime: now, leaseTransitions: 0 }
    const draft = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      spec,
    }
    this.#own = await leases.create(draft, this.#call(signal))
    this.#observe(this.#own)
  }

  async #hold(lease: Lease, changes: LeaseSpec, signal: AbortSignal): Promise<void> {
    this.#own = await this.#put(lease, { ...this.#heldBySelf(this.#now()), ...changes }, signal)
  }

  /** Labels and whatever else is in the Lease stay. */
  async #put(lease: Lease, changes: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    const changed = { ...lease, spec: { ...lease.spec, ...changes } }
    const written = await this.#options.leases.update(changed, this.#call(signal))
    this.#observe(written)
    return written
  }

  #heldBySelf(renewTime: string): LeaseSpec {
    const { identity, leaseDurationMs } = this.#options
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      renewTime,
    }
  }

  #observe({ metadata, spec }: Lease): void {
    const { clock, leaseDurationMs, onHolder } = this.#options
    const {
      holderIdentity: holder = '',
      leaseDurationSeconds,
      acquireTime,
      renewTime,
      leaseTransitions,
    } = spec
    const durationMs = leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000
    const record = JSON.stringify([
      metadata.uid,
      holder,
      durationMs,
      acquireTime,
      renewTime,
      leaseTransitions,
    ])
    if (record !== this.#seen.record) this.#seen = { record, at: clock.monotonic(), holder, durationMs }
    onHolder(holder)
  }

  #now(): string {
    return microTime(this.#options.clock.now())
  }

  #call(signal: AbortSignal): CallOptions {
    const { namespace, requestTimeoutMs } = this.#options
    return { namespace, signal, timeoutMs: requestTimeoutMs }
  }
}
