import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'vitest'
import { serve, type RunningServer } from '../../test/simulators/http-server.ts'
import {
  createKubernetesSimulator,
  type KubernetesSimulator,
} from '../../test/simulators/kubernetes/kubernetes-simulator.ts'
import { createKubeClient, type KubeClient } from '../client.ts'
import { eventType, type KubeEvent } from '../event.ts'
import type { EventDraft } from '../event-series.ts'
import { EventRecorder, type EventRecorderOptions } from '../events.ts'
import { type LogFields, silentLogger } from '../log.ts'
import { Resource } from '../resource.ts'
import { eventually, ManualClock } from './manual-clock.ts'

/** A simulated API server, and a recorder on a manual clock that writes Events to it. */
export class EventWorld {
  readonly simulator: KubernetesSimulator
  readonly server: RunningServer
  readonly clock = new ManualClock()
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = []
  readonly client: KubeClient
  readonly events: Resource<KubeEvent>
  readonly recorder: EventRecorder

  static async open(): Promise<EventWorld> {
    const simulator = createKubernetesSimulator()
    return new EventWorld(simulator, await serve(simulator))
  }

  private constructor(simulator: KubernetesSimulator, server: RunningServer) {
    this.simulator = simulator
    this.server = server
    const config = new KubeConfig()
    config.loadFromClusterAndUser({ name: 'c', server: server.url, skipTLSVerify: false }, { name: 'u' })
    this.client = createKubeClient(config, { userAgent: 'podway/0', env: {}, clock: this.clock })
    this.events = new Resource<KubeEvent>(this.client, eventType)
    this.recorder = this.newRecorder()
  }

  newRecorder(options: Partial<EventRecorderOptions> = {}): EventRecorder {
    const write = (level: string) => (fields: LogFields, message: string) =>
      void this.logged.push({ level, message, fields })
    return new EventRecorder({
      events: this.events,
      controller: 'podway.dev/controller',
      instance: 'podway-1',
      clock: this.clock,
      random: () => 0.5,
      log: { ...silentLogger, info: write('info'), warn: write('warn'), error: write('error') },
      ...options,
    })
  }

  /** The requests so far: `METHOD status`. */
  get requests(): readonly string[] {
    return this.simulator.calls.map(({ method, status }) => `${method} ${status}`)
  }

  /** What was counted in each of the lines about losses. */
  get lost(): readonly unknown[] {
    return this.logged.filter(({ message }) => message === 'Events are lost').map(({ fields }) => fields.lost)
  }

  asked(count: number): Promise<void> {
    return eventually(`request ${count}`, () => this.simulator.calls.length >= count)
  }

  /** Until the next thing that happens does so in that time: a request under way has its own limit. */
  pausedFor(ms: number): Promise<void> {
    return eventually(`a pause of ${ms} ms`, () => this.clock.untilNext === ms)
  }

  /** What the API server holds. The requests so far are forgotten. */
  async stored(): Promise<readonly KubeEvent[]> {
    const { items } = await this.events.list()
    this.simulator.forgetCalls()
    return items
  }

  async close(): Promise<void> {
    await this.recorder.close(AbortSignal.abort())
    expect(this.clock.timers).toBe(0)
    await this.client.close()
    this.simulator.close()
    await this.server.close()
  }
}

/** Something that happened to the Node `node-1`. */
export const event = (changes: Partial<EventDraft> = {}): EventDraft => ({
  regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'u-1' },
  type: 'Warning',
  reason: 'RouteFailed',
  action: 'CreateRoute',
  note: 'no room in the table',
  ...changes,
})

/** The same, to another Node. */
export const about = (number: number): EventDraft =>
  event({ regarding: { apiVersion: 'v1', kind: 'Node', name: `node-${number}`, uid: `u-${number}` } })
