import type { Clock } from '../../kube/clock.ts'
import type { Configuration } from '../setup/node-setup.ts'

/** Every operation has a limit, and a pass has six. */
const stuckMs = 180_000

/** Whether this agent works, for whoever restarts it, and whether its node is set up, for whoever waits for that. */
export class AgentHealth {
  readonly #clock: Pick<Clock, 'monotonic'>
  #isConnected: () => boolean = () => false
  #isNodeKnown: () => boolean = () => false
  #configuration: Configuration | undefined
  #passSince: number | undefined

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** The agent runs, and not only starts. */
  watch(sources: { readonly isConnected: () => boolean; readonly isNodeKnown: () => boolean }): void {
    this.#isConnected = sources.isConnected
    this.#isNodeKnown = sources.isNodeKnown
  }

  /** Runs a pass, and remembers what it made. */
  async during(pass: () => Promise<Configuration>): Promise<void> {
    this.#passSince = this.#clock.monotonic()
    try {
      this.#configuration = await pass()
    } finally {
      this.#passSince = undefined
    }
  }

  /**
   * What keeps it from doing its work, and goes away by a restart of this program. That the other half, or the API server,
   * does not answer is not among it.
   */
  faults(): readonly string[] {
    if (this.#passSince === undefined) return []
    const ms = this.#clock.monotonic() - this.#passSince
    return ms > stuckMs ? [`a pass over the node's set-up takes ${Math.round(ms / 1000)} s already`] : []
  }

  /** What is yet to come before pods can start on the node. */
  missing(): readonly string[] {
    return [
      ...(this.#isConnected() ? [] : ['podway-cni serve does not answer']),
      ...(this.#isNodeKnown() ? [] : ['the Node is not known yet']),
      ...this.#unconfigured(),
    ]
  }

  #unconfigured(): readonly string[] {
    if (this.#configuration === undefined) return ['the node is not set up yet']
    return this.#configuration.state === 'laid' ? [] : [this.#configuration.message]
  }
}
