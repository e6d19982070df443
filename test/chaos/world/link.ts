import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { InHand } from './in-hand.ts'
import type { Random } from './random.ts'
import type { VirtualProcess } from './virtual-process.ts'

/** How long a message is on its way, in milliseconds. */
export interface Latency {
  /** At least. */
  readonly leastMs: number
  /** Most take less. */
  readonly usualMs: number
  /** A few take up to that. */
  readonly mostMs: number
}

export const usualLatency: Latency = { leastMs: 1, usualMs: 40, mostMs: 250 }

/** Asked when a call is about to be sent: the process dies before it is (`unsent`), or before it is answered. */
export type CallWatch = () => 'sent' | 'unsent' | 'unanswered'

/** The way from one process to one server. What is under way at a time arrives in an order that chance decides. */
export class Link {
  latency: Latency = usualLatency
  /** Nothing gets through, and nobody is told. */
  isCut = false
  /** What becomes of each call: its process may be killed just before it is sent, or when it has been served. */
  onCall: CallWatch = () => 'sent'
  readonly process: VirtualProcess
  /** Of the whole world. */
  readonly inHand: InHand
  readonly #clock: ManualClock
  readonly #random: Random

  constructor(process: VirtualProcess, clock: ManualClock, random: Random, inHand = new InHand()) {
    this.inHand = inHand
    this.process = process
    this.#clock = clock
    this.#random = random
  }

  get now(): number {
    return this.#clock.monotonic()
  }

  /** A call on its way. `serve` is called at the server. */
  call(serve: () => void): void {
    const fate = this.onCall()
    if (fate === 'unsent') {
      this.process.kill()
      return
    }
    this.#clock.setTimeout(() => {
      if (this.isCut) return
      serve()
      // What it has asked for is done, and nobody is left to be told.
      if (fate === 'unanswered') this.process.kill()
    }, this.#draw())
  }

  /** Something on its way back. `lost`: the link was cut. Returns when it arrives. */
  answer(
    deliver: () => void,
    options: { readonly notBefore?: number; readonly lost?: () => void } = {},
  ): number {
    const at = Math.max(this.now + this.#draw(), options.notBefore ?? 0)
    this.#clock.setTimeout(() => {
      if (this.isCut) options.lost?.()
      else this.process.deliver(deliver)
    }, at - this.now)
    return at
  }

  #draw(): number {
    const { leastMs, mostMs, usualMs } = this.latency
    return this.#random.between(leastMs, this.#random.chance(0.05) ? mostMs : usualMs)
  }
}
