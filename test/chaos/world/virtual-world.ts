import type { ProgramConfig } from '../../../cli/controller-program.ts'
import { LeadershipLostError } from '../../../kube/leader-term.ts'
import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { Cluster } from '../../../reconciler/testing/cluster.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { ChaosCloud, Note } from '../chaos-cloud.ts'
import { type Entry, type Happening, people } from '../journal.ts'
import { Controller } from './controller.ts'
import { noteChange, noteKubeCall, toldBy } from './kube-journal.ts'
import { InHand } from './in-hand.ts'
import { type CallWatch, Link } from './link.ts'
import { Random } from './random.ts'
import { VirtualProcess } from './virtual-process.ts'

/** The places where controllers run; one that ends, or is killed, is followed by another in its place. */
export type Slot = 'a' | 'b'

export interface WorldOptions {
  readonly seed: number
  readonly cloud: (clock: ManualClock, note: Note, random: Random) => ChaosCloud
  readonly config: (cloud: ChaosCloud) => ProgramConfig
  /** Told of each entry as it is put down. */
  readonly onEntry?: (entry: Entry) => void
  /** Told of what controllers log. */
  readonly onLog?: (line: string) => void
}

/**
 * A cluster, a cloud and the controllers between them, without a socket, a thread or a second of real time: what is due
 * next happens next, and how long each thing takes is drawn from the seed. Equal seeds give equal runs.
 */
export class VirtualWorld {
  readonly clock = new ManualClock()
  readonly cluster: Cluster
  readonly cloud: ChaosCloud
  readonly random: Random
  /** What the servers saw, as text: equal for equal runs, letter by letter. */
  readonly lines: string[] = []
  readonly controllers = new Map<Slot, Controller>()
  /** The process that the Lease names; '' before there is one. */
  leader = ''
  /** Of every call that a controller sends from now on. */
  onCall: CallWatch = () => 'sent'
  readonly #options: WorldOptions
  readonly #config: ProgramConfig
  readonly #generations = new Map<Slot, number>()
  #defect: { readonly error: unknown } | undefined
  readonly #inHand = new InHand()
  #now: { readonly by: string; readonly sentAt: number } = { by: people, sentAt: 0 }

  constructor(options: WorldOptions) {
    this.#options = options
    this.random = new Random(options.seed)
    this.cluster = Cluster.unserved(this.clock)
    this.cluster.simulator.listen((event) => {
      const happening = noteChange(event, this.#now.sentAt)
      if (happening !== undefined) this.#put(this.#now.by, happening)
    })
    this.cloud = options.cloud(
      this.clock,
      (by, happening, line) => this.#put(by, happening, line),
      this.random.fork('cloud'),
    )
    this.#config = options.config(this.cloud)
  }

  /** A new process in this place. */
  start(slot: Slot): Controller {
    const generation = (this.#generations.get(slot) ?? 0) + 1
    this.#generations.set(slot, generation)
    const name = `${slot}${generation}`
    const random = this.random.fork(name)
    const process = new VirtualProcess(name, this.clock)
    const link = (to: string): Link => {
      const made = new Link(process, this.clock, random.fork(to), this.#inHand)
      made.onCall = () => this.onCall()
      return made
    }
    const controller = new Controller(
      {
        process,
        kubernetes: link('kubernetes'),
        cloud: link('cloud'),
        random: random.fork('controller'),
        inNoTime: (work) => this.#inHand.during(work),
        onEnd: (error) => this.#ended(slot, controller, error),
        onLog: (level, message, fields) =>
          this.#options.onLog?.(
            `${this.clock.monotonic().toFixed(0)} ${name} ${level} ${message} ${inspect(fields)}`,
          ),
      },
      this.#config,
      this.cluster.url,
      this.cloud,
      {
        serve: (request, sentAt) => this.#serve(request, name, sentAt),
        arrived: (target, piece) => {
          const told = toldBy(target, piece)
          if (told !== undefined) this.#put(name, told)
        },
      },
    )
    this.controllers.set(slot, controller)
    return controller
  }

  /** As SIGKILL. The next one in this place is somebody else's to start. */
  kill(slot: Slot): void {
    this.controllers.get(slot)?.process.kill()
    this.controllers.delete(slot)
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms
    for (;;) {
      do await still()
      while (this.#inHand.any)
      if (this.#defect !== undefined) throw this.#defect.error
      const next = this.clock.untilNext
      if (next === undefined || this.clock.monotonic() + next > end) break
      await this.clock.advance(Math.max(0, next))
    }
    await this.clock.advance(end - this.clock.monotonic())
  }

  /** Ends all there is, so that nothing of it is left to the next world. */
  end(): void {
    for (const slot of [...this.controllers.keys()]) this.kill(slot)
    this.cluster.simulator.close()
  }

  #ended(slot: Slot, controller: Controller, error: unknown): void {
    if (this.controllers.get(slot) !== controller) return
    const isMeant = error === undefined ? controller.isStopped : error instanceof LeadershipLostError
    const message = inspect({ error })
    if (!isMeant) this.#put(controller.process.name, { kind: 'crash', message }, `ended: ${message}`)
    this.kill(slot)
    // As a kubelet does.
    this.clock.setTimeout(() => {
      if (!this.controllers.has(slot)) this.start(slot)
    }, 1_000)
  }

  #serve(request: SimulatorRequest, by: string, sentAt: number): SimulatorReply {
    const before = this.#now
    this.#now = { by, sentAt }
    const { simulator } = this.cluster
    const reply = simulator.handle(request, this.clock.now())
    const call = simulator.calls.at(-1)
    if (call !== undefined) {
      const line = `${request.method} ${request.target} ${request.body} ${call.status}`
      const write = noteKubeCall(call, sentAt)
      if (write === undefined) this.#line(by, line)
      else this.#put(by, write, line)
    }
    this.#now = before
    return reply
  }

  #put(by: string, happening: Happening, line?: string): void {
    if (line !== undefined) this.#line(by, line)
    if (happening.kind === 'lease') this.leader = happening.holder
    try {
      this.#options.onEntry?.({ at: this.clock.monotonic(), by, ...happening })
    } catch (error) {
      // Here it would be a simulator's defect, and answered with 500.
      this.#defect ??= { error }
    }
  }

  #line(by: string, text: string): void {
    this.lines.push(`${this.clock.monotonic().toFixed(3)} ${by} ${text}`)
  }
}

/** Until all that only waits for promises, or for the next turn of the event loop, has run. */
async function still(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const inspect = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error ? (value.stack ?? value.message) : value,
  )
