/** How long EC2 may take until every part of it knows what was launched. Seconds as a rule, a minute in bad ones. */
export const defaultSettleMs = 60_000

/** After so long, nobody comes back to what was asked about. */
const forgetMs = 3_600_000

export interface SightingsOptions {
  readonly clock: { monotonic(): number }
  readonly settleMs: number
}

/**
 * When an instance or interface was first seen, and since when one is missing. EC2 is eventually consistent: right after
 * a launch one of its parts shows what another still calls unknown, and a reading may lack what the one before had. So
 * an absence counts only once it has lasted, and an unknown target is a passing fault as long as the target is new.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 *
 * After a restart all is new for a while again, which delays a verdict and does no harm.
 */
export class Sightings {
  readonly #clock: SightingsOptions['clock']
  readonly #settleMs: number
  readonly #seen = new Map<string, Sighting>()
  readonly #missing = new Map<string, Sighting>()

  constructor({ clock, settleMs }: SightingsOptions) {
    this.#clock = clock
    this.#settleMs = settleMs
  }

  see(id: string): void {
    this.#missing.delete(id)
    this.#mark(this.#seen, id)
  }

  /** Whether the absence, now seen again or for the first time, has lasted long enough to be true. */
  miss(id: string): boolean {
    this.#seen.delete(id)
    return this.#mark(this.#missing, id) >= this.#settleMs
  }

  /** Whether it was first seen so lately that not all of EC2 need know of it. */
  isNew(id: string): boolean {
    const seen = this.#seen.get(id)
    return seen !== undefined && this.#clock.monotonic() - seen.first < this.#settleMs
  }

  /** Forgets what nobody has asked about for an hour. */
  prune(): void {
    const now = this.#clock.monotonic()
    for (const sightings of [this.#seen, this.#missing])
      for (const [id, { last }] of sightings) if (now - last > forgetMs) sightings.delete(id)
  }

  /** Milliseconds since the first time. */
  #mark(sightings: Map<string, Sighting>, id: string): number {
    const now = this.#clock.monotonic()
    const first = sightings.get(id)?.first ?? now
    sightings.set(id, { first, last: now })
    return now - first
  }
}

interface Sighting {
  readonly first: number
  readonly last: number
}
