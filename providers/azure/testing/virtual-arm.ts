import {
  type ArmSimulator,
  type ArmSimulatorOptions,
  createArmSimulator,
} from '../../../test/simulators/arm/arm-simulator.ts'
import { type Json, listAt, textAt } from '../../../test/simulators/kubernetes/json.ts'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { ApiBudget } from '../../budget.ts'
import type { RouteProvider } from '../../provider.ts'
import type { Target } from '../../route.ts'
import { VirtualTime } from '../../testing/virtual-time.ts'
import type { ArmApi } from '../arm-api.ts'
import { type AzureProviderOptions, azureProvider } from '../azure-provider.ts'
import { createArmClient } from '../client.ts'
import { armLimits } from '../limits.ts'
import { ReceivedHeaders } from './received-headers.ts'

type HttpClient = NonNullable<Parameters<typeof createArmClient>[0]['httpClient']>
type PipelineRequest = Parameters<HttpClient['sendRequest']>[0]
type PipelineResponse = Awaited<ReturnType<HttpClient['sendRequest']>>

export const subscription = '00000000-0000-0000-0000-0000000000aa'
export const groupId = `/subscriptions/${subscription}/resourcegroups/prod`
export const tableId = `${groupId}/providers/microsoft.network/routetables/nodes`
export const subnetId = `${groupId}/providers/microsoft.network/virtualnetworks/net/subnets/nodes`

export interface VirtualArmOptions extends ArmSimulatorOptions {
  /** How long the next call takes, there and back; 50 ms unless told. */
  readonly latencyMs?: () => number
}

/**
 * The strict ARM simulator on a clock that a test moves. Its client is the real SDK with its pipeline, without sockets. It
 * has the table `nodes`, which the subnet `nodes` follows.
 */
export class VirtualArm {
  readonly simulator: ArmSimulator
  readonly api: ArmApi
  readonly #time = new VirtualTime()
  readonly #latencyMs: () => number
  #isMade = false

  constructor({ latencyMs = () => 50, ...options }: VirtualArmOptions = {}) {
    this.#latencyMs = latencyMs
    const { operationMs = () => 0 } = options
    // To make the world takes no time.
    this.simulator = createArmSimulator({ ...options, operationMs: () => (this.#isMade ? operationMs() : 0) })
    const client = createArmClient({
      endpoint: 'https://arm.example.invalid',
      credential: { getToken: () => Promise.resolve({ token: 'PODWAY', expiresOnTimestamp: Infinity }) },
      httpClient: { sendRequest: (request) => this.#answer(request) },
    })
    this.api = { send: (request, signal) => this.#time.during(() => client.send(request, signal)) }
    const network = subnetId.split('/').slice(0, 9).join('/')
    this.put(network, {
      location,
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:10::/48'] } },
    })
    this.put(tableId, { location })
    this.put(subnetId, {
      properties: { addressPrefixes: ['10.0.1.0/24', 'fd00:10::/64'], routeTable: { id: tableId } },
    })
    this.#isMade = true
  }

  get clock(): ManualClock {
    return this.#time.clock
  }

  until<T>(work: Promise<T>): Promise<T> {
    return this.#time.until(work)
  }

  providerWith(options: Partial<AzureProviderOptions> = {}): RouteProvider {
    return azureProvider({
      arm: this.api,
      budget: new ApiBudget({ clock: this.clock, limits: armLimits, share: 1 }),
      clock: this.clock,
      clusterName: 'prod',
      routeTables: [tableId],
      tableGroups: [groupId],
      nodeGroups: [groupId],
      ...options,
    })
  }

  /** As somebody else. @throws Error if it is refused */
  put(id: string, body: unknown): Json {
    return this.#send('PUT', id, body)
  }

  table(): Json {
    return this.#send('GET', tableId)
  }

  /** `name prefix nextHop`, in the order of the table. */
  routes(): readonly string[] {
    return listAt(this.table(), 'properties', 'routes').map((route) =>
      [
        textAt(route, 'name'),
        textAt(route, 'properties', 'addressPrefix'),
        textAt(route, 'properties', 'nextHopIpAddress') || textAt(route, 'properties', 'nextHopType'),
      ].join(' '),
    )
  }

  /** Running machines with an interface each; returns their IPv4 addresses. */
  addMachines(count: number): readonly Target[] {
    return Array.from({ length: count }, (_, index) => {
      const { interfaceId } = this.simulator.machines.add({
        subscription,
        group: 'prod',
        subnet: subnetId,
        name: `node-${index}`,
      })
      const [config] = listAt(this.#send('GET', interfaceId), 'properties', 'ipConfigurations')
      return { kind: 'address', id: textAt(config, 'properties', 'privateIPAddress') }
    })
  }

  #send(method: string, id: string, body?: unknown): Json {
    const reply = this.simulator.handle(
      {
        method,
        target: `${id}?api-version=2026-01-01`,
        headers: { authorization: 'Bearer OTHERS', host: 'arm.example.invalid' },
        body: body === undefined ? '' : JSON.stringify(body),
      },
      this.clock.now(),
    )
    if (reply.kind !== 'response' || reply.status >= 300)
      throw new Error(`${method} ${id}: ${reply.kind === 'response' ? reply.body : reply.kind}`)
    return JSON.parse(reply.body) as Json
  }

  async #answer(request: PipelineRequest): Promise<PipelineResponse> {
    const latency = this.#latencyMs()
    await this.#time.pass(latency / 2)
    const { host, pathname, search } = new URL(request.url)
    const reply = this.simulator.handle(
      {
        method: request.method,
        target: pathname + search,
        headers: { ...request.headers.toJSON(), host },
        body: typeof request.body === 'string' ? request.body : '',
      },
      this.clock.now(),
    )
    await this.#time.pass(latency / 2)
    if (reply.kind !== 'response')
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'RestError' })
    const { body, headers, status } = reply
    return { request, status, headers: new ReceivedHeaders(headers), bodyAsText: body }
  }
}

const location = 'westeurope'
