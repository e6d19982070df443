import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import {
  type GceSimulator,
  type GceSimulatorOptions,
  createGceSimulator,
} from '../../../test/simulators/gce/gce-simulator.ts'
import { createGceClient } from '../client.ts'
import type { GceApi } from '../gce-api.ts'

const latencyMs = 100

/**
 * The strict Compute Engine simulator on a clock that a test moves. Its client is the real SDK, without sockets: a request
 * is answered in the process, half its latency after it was sent, and the answer arrives after the other half.
 */
export class VirtualGce {
  readonly clock = new ManualClock()
  readonly simulator: GceSimulator
  #api: GceApi | undefined

  constructor(options: GceSimulatorOptions = {}) {
    this.simulator = createGceSimulator(options)
  }

  async open(): Promise<GceApi> {
    const client = await createGceClient({
      authorizer: {
        headers: () => Promise.resolve(new Map([['authorization', 'Bearer podway']])),
        refused: () => undefined,
      },
      endpoint: 'http://gce.example.invalid',
      // Of the clock on the wall: no part of the test.
      requestTimeoutMs: 60_000,
      send: (url, init) => this.#answer(url, init),
    })
    return (this.#api ??= client.api)
  }

  /** Moves time, from one due time to the next, until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    const state = { over: false }
    const end = (): void => void (state.over = true)
    work.then(end, end)
    for (let calm = 0; !state.over; calm++) {
      await new Promise((resolve) => setImmediate(resolve))
      // The SDK takes some turns of the event loop between a request and its answer.
      if (calm < 20) continue
      const ms = this.clock.untilNext
      if (ms === undefined) throw new Error('nothing is due any more, and the work is not done')
      await this.clock.advance(ms)
      calm = -1
    }
    return work
  }

  async #answer(url: string, init: RequestInit): Promise<Response> {
    await this.#pass(latencyMs / 2)
    const { pathname, search } = new URL(url)
    const reply = this.simulator.handle(
      {
        method: init.method ?? 'GET',
        target: pathname + search,
        headers: Object.fromEntries(new Headers(init.headers)),
        body: typeof init.body === 'string' ? init.body : '',
      },
      this.clock.now(),
    )
    await this.#pass(latencyMs / 2)
    if (reply.kind !== 'response') throw new Error(`no answer here can be a ${reply.kind}`)
    return new Response(reply.body, { status: reply.status, headers: reply.headers })
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.setTimeout(resolve, ms))
  }
}
