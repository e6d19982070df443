import { KubeConfig } from '@kubernetes/client-node'
import { serve, type RunningServer } from '../../test/simulators/http-server.ts'
import {
  createKubernetesSimulator,
  type KubernetesSimulator,
} from '../../test/simulators/kubernetes/kubernetes-simulator.ts'
import { createKubeClient, type KubeClient } from '../client.ts'
import type { LeaderElectionOptions } from '../leader-election.ts'
import { runAsLeader } from '../leader-election.ts'
import { defaultLeaderElectionTimes } from '../leader-election-config.ts'
import { type Lease, leaseType, type LeaseSpec } from '../lease.ts'
import { type LogFields, silentLogger } from '../log.ts'
import { Resource } from '../resource.ts'
import { eventually, ManualClock } from './manual-clock.ts'

const name = 'controller'
const namespace = 'default'

/** A simulated API server, and processes that want to be leader. */
export class Election {
  readonly simulator: KubernetesSimulator
  readonly candidates: Candidate[] = []
  readonly #server: RunningServer
  readonly #admin: KubeClient

  static async open(): Promise<Election> {
    const simulator = createKubernetesSimulator()
    return new Election(simulator, await serve(simulator))
  }

  private constructor(simulator: KubernetesSimulator, server: RunningServer) {
    this.simulator = simulator
    this.#server = server
    this.#admin = connect(server.url, 'admin', new ManualClock())
  }

  candidate(identity: string, options: CandidateOptions = {}): Candidate {
    const candidate = new Candidate(this.simulator, this.#server.url, identity, options)
    this.candidates.push(candidate)
    return candidate
  }

  get leases(): Resource<Lease> {
    return new Resource<Lease>(this.#admin, leaseType)
  }

  lease(): Promise<Lease> {
    return this.leases.get(name, { namespace })
  }

  /** What somebody else does to the Lease. */
  async meddle(spec: LeaseSpec, labels?: Readonly<Record<string, string>>): Promise<void> {
    const patch = { spec, ...(labels === undefined ? {} : { metadata: { labels } }) }
    await this.leases.patch(name, patch, { type: 'merge', namespace })
  }

  delete(): Promise<void> {
    return this.leases.delete(name, undefined, { namespace })
  }

  async close(): Promise<void> {
    for (const candidate of this.candidates) await candidate.kill()
    await this.#admin.close()
    this.simulator.close()
    await this.#server.close()
  }
}

function connect(url: string, userAgent: string, clock: ManualClock): KubeClient {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: false }, { name: 'u' })
  return createKubeClient(config, { userAgent, env: {}, clock })
}

export interface CandidateOptions extends Partial<Pick<LeaderElectionOptions, 'onLeader' | 'random'>> {
  /** Its own, with any epoch, if not given. */
  readonly clock?: ManualClock
  readonly leaseDurationMs?: number
  /** Whether its work ends as soon as it is told to. */
  readonly obedient?: boolean
}

/** One process that wants to be leader, with a clock of its own. */
export class Candidate {
  readonly clock: ManualClock
  readonly stop = new AbortController()
  /** Lines of the log: `level message`. */
  readonly logged: string[] = []
  readonly leaders: string[] = []
  /** What its work was given, while it runs and afterwards; undefined until it leads. */
  work: { readonly signal: AbortSignal; readonly isLeader: () => boolean } | undefined
  /** How its work is to end; made good by `finish`. */
  readonly #finished = Promise.withResolvers<undefined>()
  readonly #simulator: KubernetesSimulator
  readonly #client: KubeClient
  readonly #identity: string
  #started = 0
  #pending = 0
  #result: 'running' | 'ended' | { readonly error: unknown } = 'running'
  readonly #running: Promise<void>

  constructor(simulator: KubernetesSimulator, url: string, identity: string, options: CandidateOptions) {
    const { clock = new ManualClock(), leaseDurationMs, obedient = true, onLeader, random } = options
    this.clock = clock
    this.#simulator = simulator
    this.#identity = identity
    this.#client = connect(url, identity, clock)
    const write = (level: string) => (_: LogFields, message: string) =>
      void this.logged.push(`${level} ${message}`)
    this.#running = runAsLeader(
      {
        ...defaultLeaderElectionTimes,
        ...(leaseDurationMs === undefined ? {} : { leaseDurationMs }),
        leases: this.#counted(new Resource<Lease>(this.#client, leaseType)),
        namespace,
        name,
        identity,
        clock,
        random: random ?? (() => 0),
        log: { ...silentLogger, info: write('info'), warn: write('warn'), error: write('error') },
        onLeader: (leader) => {
          this.leaders.push(leader)
          onLeader?.(leader)
        },
      },
      async (signal, isLeader) => {
        this.work = { signal, isLeader }
        if (obedient) signal.addEventListener('abort', () => this.finish(), { once: true })
        await this.#finished.promise
      },
      this.stop.signal,
    ).then(
      () => void (this.#result = 'ended'),
      (error: unknown) => void (this.#result = { error }),
    )
  }

  get leads(): boolean {
    return this.work?.signal.aborted === false
  }

  get result(): unknown {
    return this.#result
  }

  /** Its requests so far: `METHOD status`. */
  get calls(): readonly string[] {
    return this.#simulator.calls
      .filter(({ userAgent }) => userAgent === this.#identity)
      .map(({ method, status }) => `${method} ${status}`)
  }

  /** Its writes so far. */
  get writes(): number {
    return this.calls.filter((call) => !call.startsWith('GET')).length
  }

  finish(): void {
    this.#finished.resolve(undefined)
  }

  fail(error: unknown): void {
    this.#finished.reject(error)
  }

  /** Lets its time pass, timer by timer; at each, waits for what its requests bring. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms
    await this.settled()
    for (;;) {
      const next = this.clock.untilNext
      if (next === undefined || this.clock.monotonic() + next > end) break
      await this.clock.advance(Math.max(0, next))
      await this.settled()
    }
    await this.clock.advance(end - this.clock.monotonic())
    await this.settled()
  }

  /** Until nothing of it is on the way, but what the server will never answer. */
  async settled(): Promise<void> {
    // What a timer or an answer has set off comes before the look.
    await this.clock.advance(0)
    await eventually(`${this.#identity} to be still`, () => this.#pending === 0 || this.#hangs())
    await this.clock.advance(0)
    if (this.#pending > 0 && !this.#hangs()) await this.settled()
  }

  async kill(): Promise<void> {
    this.stop.abort()
    this.finish()
    await this.#client.close()
    while (this.#result === 'running') await this.clock.advance(1000)
    await this.#running
  }

  #hangs(): boolean {
    const { calls } = this
    return calls.length === this.#started && calls.at(-1)?.endsWith(' hang') === true
  }

  #counted(leases: Resource<Lease>): LeaderElectionOptions['leases'] {
    const count = async <T>(work: Promise<T>): Promise<T> => {
      this.#started++
      this.#pending++
      try {
        return await work
      } finally {
        this.#pending--
      }
    }
    return {
      get: (...args) => count(leases.get(...args)),
      create: (...args) => count(leases.create(...args)),
      update: (...args) => count(leases.update(...args)),
    }
  }
}
