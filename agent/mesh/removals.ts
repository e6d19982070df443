import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Logger } from '../../kube/log.ts'
import { Brake, deleteBrake } from '../../reconciler/guard/brake.ts'
import type { DestinationKey } from '../../reconciler/ledger/record.ts'
import type { MeshNode, MeshNodes } from './mesh-nodes.ts'

/** How long after the first sight of a route without a Node the API server is asked; spread, since every agent may ask. */
const askAfterMs = { least: 2_000, spread: 28_000 } as const
/** How often at most. */
const askEveryMs = 60_000

export interface RemovalsOptions {
  readonly nodes: Pick<MeshNodes, 'readAgain'>
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Whether a person has said that what the brake holds may go. */
  readonly isReleased: () => boolean
}

export type Removal =
  | { readonly answer: 'go' }
  /** Ask again after so many milliseconds. */
  | { readonly answer: 'wait'; readonly ms: number }
  | { readonly answer: 'held' }

/**
 * Whether a route of ours that no Node claims may be removed. That its Node was deleted needs evidence: the API server has
 * said so, or does not have it when it is asked for all Nodes once more. And many removals at a time are held: a mistake
 * with the Nodes must not cut off pods that work.
 */
export class Removals {
  readonly #options: RemovalsOptions
  readonly #brake: Brake<DestinationKey>
  /** Whose Node is surely gone, or surely has other podCIDRs. */
  readonly #certain = new Set<DestinationKey>()
  #askAt: number | undefined
  #askedAt = -Infinity

  constructor(options: RemovalsOptions) {
    this.#options = options
    this.#brake = new Brake({ ...deleteBrake, monotonic: () => options.clock.monotonic() })
  }

  get held(): number {
    return this.#brake.held
  }

  /** The API server has said that who had the destination has it no more. */
  certain(key: DestinationKey): void {
    this.#certain.add(key)
  }

  /** It is claimed, or there is no route of ours any more. Idempotent. */
  drop(key: DestinationKey): void {
    this.#certain.delete(key)
    this.#brake.drop(key)
  }

  /** Of no other destination there is a route of ours, or a Node. */
  keepOnly(keys: ReadonlySet<DestinationKey>): void {
    for (const key of [...this.#certain, ...this.#brake.heldKeys()]) if (!keys.has(key)) this.drop(key)
  }

  /** @param ours how many routes of ours there are */
  ask(key: DestinationKey, ours: number): Removal {
    const now = this.#options.clock.monotonic()
    if (!this.#certain.has(key)) {
      const { least, spread } = askAfterMs
      this.#askAt ??= Math.max(now + least + spread * this.#options.random(), this.#askedAt + askEveryMs)
      return { answer: 'wait', ms: Math.max(0, this.#askAt - now) }
    }
    if (this.#options.isReleased()) return { answer: 'go' }
    const answer = this.#brake.ask(key, ours)
    return answer.answer === 'held' ? { answer: 'held' } : answer
  }

  /**
   * Asks the API server for all Nodes, if it is time: those of the keys that none has are certain from then on. Whether it
   * was asked. That it can't answer is no evidence.
   */
  async confirm(keys: readonly DestinationKey[], signal: AbortSignal): Promise<boolean> {
    const { clock, log, nodes } = this.#options
    const doubtful = keys.filter((key) => !this.#certain.has(key))
    if (doubtful.length === 0) this.#askAt = undefined
    if (this.#askAt === undefined || this.#askAt > clock.monotonic()) return false
    this.#askAt = undefined
    this.#askedAt = clock.monotonic()
    try {
      const claimed = new Set((await nodes.readAgain(signal)).flatMap(claimedKeys))
      for (const key of doubtful) if (!claimed.has(key)) this.#certain.add(key)
      return true
    } catch (error) {
      if (signal.aborted) throw error
      log.warn({ err: error }, 'the Nodes could not be read: routes without one are kept')
      return false
    }
  }
}

function claimedKeys({ podCIDRs }: MeshNode): readonly DestinationKey[] {
  return podCIDRs.flatMap((text) => {
    try {
      return [formatCidr(parseCidr(text))]
    } catch (error) {
      if (error instanceof AddressSyntaxError) return []
      throw error
    }
  })
}
