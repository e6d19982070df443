import { ArmError } from './errors.ts'

interface BucketSize {
  readonly capacity: number
  /** Tokens a second. */
  readonly refill: number
}

type Kind = 'reads' | 'writes' | 'deletes'

/**
 * What ARM lets one principal do in one subscription.
 * Source: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling
 */
const armBuckets: Readonly<Record<Kind, BucketSize>> = {
  reads: { capacity: 250, refill: 25 },
  writes: { capacity: 200, refill: 10 },
  deletes: { capacity: 200, refill: 10 },
}

/** What the network resource provider takes of one subscription in five minutes: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling#network-throttling */
const networkWindowMs = 300_000
const networkCalls = { reads: 10_000, writes: 1_000 }

/** Counts calls, and refuses those that are too many. */
export class Throttle {
  readonly #levels = new Map<string, { readonly tokens: number; readonly at: number }>()
  readonly #windows = new Map<string, { readonly since: number; readonly calls: number }>()

  /**
   * Takes the token of one call; returns the headers that tell what is left.
   * @throws ArmError 429 with Retry-After; then nothing was taken
   */
  take(
    call: {
      readonly subscription: string
      readonly principal: string
      readonly method: string
      readonly network: boolean
    },
    now: number,
  ): Record<string, string> {
    const kind: Kind =
      call.method === 'GET' || call.method === 'HEAD'
        ? 'reads'
        : call.method === 'DELETE'
          ? 'deletes'
          : 'writes'
    const subscription = call.subscription.toLowerCase()
    const left = this.#fromBucket(
      `${subscription} ${call.principal} ${kind}`,
      armBuckets[kind],
      now,
      kind,
      subscription,
    )
    if (call.network) this.#fromWindow(subscription, kind === 'reads' ? 'reads' : 'writes', now)
    return { [`x-ms-ratelimit-remaining-subscription-${kind}`]: String(left) }
  }

  #fromBucket(key: string, size: BucketSize, now: number, kind: Kind, subscription: string): number {
    const before = this.#levels.get(key) ?? { tokens: size.capacity, at: now }
    const elapsed = Math.max(0, now - before.at) / 1000
    const tokens = Math.min(size.capacity, before.tokens + elapsed * size.refill)
    if (tokens < 1) {
      const seconds = Math.ceil((1 - tokens) / size.refill)
      throw new ArmError(
        429,
        'SubscriptionRequestsThrottled',
        `Number of '${kind}' requests for subscription '${subscription}' actor exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`,
        { headers: { 'retry-after': String(seconds) } },
      )
    }
    this.#levels.set(key, { tokens: tokens - 1, at: Math.max(now, before.at) })
    return Math.floor(tokens - 1)
  }

  #fromWindow(subscription: string, kind: 'reads' | 'writes', now: number): void {
    const key = `${subscription} ${kind}`
    const known = this.#windows.get(key)
    const window =
      known === undefined || now - known.since >= networkWindowMs ? { since: now, calls: 0 } : known
    if (window.calls >= networkCalls[kind]) {
      const seconds = Math.ceil((window.since + networkWindowMs - now) / 1000)
      throw new ArmError(
        429,
        'TooManyRequests',
        `The number of ${kind} of Microsoft.Network in subscription '${subscription}' exceeded ${networkCalls[kind]} in 5 minutes.`,
        { headers: { 'retry-after': String(seconds) } },
      )
    }
    this.#windows.set(key, { since: window.since, calls: window.calls + 1 })
  }
}
