import { type OpenProvider, type ProviderConfig, gcpProviderOf } from '../../../cli/open-provider.ts'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../../net/address.ts'
import { formatCidr, overlaps, parseCidr } from '../../../net/cidr.ts'
import type { Call } from '../../simulators/gce/call-log.ts'
import type { Fault } from '../../simulators/gce/faults.ts'
import { type GceSimulator, createGceSimulator } from '../../simulators/gce/gce-simulator.ts'
import type { NextHop, Route } from '../../simulators/gce/state.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { ChaosCloud, CloudFault, Machine, Note, Rank } from '../chaos-cloud.ts'
import type { Bucket } from '../checker/budget.ts'
import { type RouteChange, people } from '../journal.ts'
import { OperationTimes } from '../operation-times.ts'
import type { Link } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import { gceOver } from './gce-client.ts'

const project = 'prod-1'
const zone = 'europe-west1-b'
const region = 'europe-west1'

/** As documented: 1,500 a minute of each group. */
const groups: Readonly<Record<string, string>> = {
  'routes.insert': 'mutations',
  'routes.delete': 'mutations',
  'routes.list': 'lists',
  'instances.aggregatedList': 'lists',
  'globalOperations.list': 'lists',
  'globalOperations.wait': 'operation reads',
}

const isWrite = (method: string): boolean => method === 'routes.insert' || method === 'routes.delete'

interface Asked {
  readonly by: string
  readonly sentAt: number
}

/** The strict Compute Engine simulator: a project with networks, in each of which every instance has an interface. */
export class GceCloud implements ChaosCloud {
  readonly clusterName = 'chaos'
  readonly #simulator: GceSimulator
  readonly #clock: ManualClock
  readonly #note: Note
  readonly #operations: OperationTimes
  #networks: string[] = []
  #subnetworks: string[] = []
  /** What the journal says that there is, by path. */
  #routes = new Map<string, Route>()
  /** Who has asked last for a change of the route of that name. */
  readonly #asked = new Map<string, Asked>()
  #machines = 0
  #byHand = 0

  constructor(clock: ManualClock, note: Note, random: Random) {
    this.#clock = clock
    this.#note = note
    this.#operations = new OperationTimes(clock, random, () => this.#settle())
    this.#simulator = createGceSimulator({
      zones: [zone],
      operationMs: () => this.#operations.next(),
      historyMs: 10_000,
    })
    this.#simulator.estate.addProject(project)
  }

  /** Networks are named by a flag, and a machine's interfaces are for ever. */
  addTable(): string | undefined {
    if (this.#machines > 0) return undefined
    const { estate } = this.#simulator
    const number = this.#networks.length + 1
    const network = estate.addNetwork(project, `net-${number}`)
    this.#networks.push(network)
    const range = { network, name: `nodes-${number}`, region, range: `10.${number}.0.0/20` }
    this.#subnetworks.push(estate.addSubnetwork({ ...range, ipv6: `fd20:0:0:${number}::/64` }))
    this.#settle()
    this.#note(people, { kind: 'tables', tables: this.#networks })
    return network
  }

  dropTable(): boolean {
    return false
  }

  launch(): Machine {
    const name = `vm-${++this.#machines}`
    const wish = { project, zone, name, subnetworks: this.#subnetworks }
    const { interfaces, path } = this.#simulator.estate.addInstance(wish)
    const [nic] = interfaces
    const machine = {
      providerID: `gce://${project}/${zone}/${name}`,
      address: nic === undefined ? '' : formatAddress(nic.address),
      targets: { v4: path, v6: path },
    }
    this.#noteMachine(machine, 'running')
    return machine
  }

  stop(machine: Machine): void {
    this.#simulator.estate.changeInstance(machine.targets.v4, { status: 'TERMINATED' })
    this.#noteMachine(machine, 'stopped')
  }

  start(machine: Machine): void {
    this.#simulator.estate.changeInstance(machine.targets.v4, { status: 'RUNNING' })
    this.#noteMachine(machine, 'running')
  }

  terminate(machine: Machine): void {
    this.#simulator.estate.removeInstance(machine.targets.v4)
    this.#noteMachine(machine, 'terminated')
  }

  deleteRoute(table: string, destination: string): boolean {
    const [first] = this.#routesTo(table, destination)
    if (first === undefined) return false
    this.#byPeople(() => this.#simulator.estate.removeRoute(first.path))
    return true
  }

  changeRoute(table: string, destination: string, machine: Machine): 'replaced' | false {
    if (!this.deleteRoute(table, destination)) return false
    this.#add(table, destination, 1000, machine)
    return 'replaced'
  }

  addForeignRoute(table: string, destination: string, machine?: Machine): boolean {
    if (this.#routesTo(table, destination).length > 0) return false
    this.#add(table, destination, 1000, machine)
    return true
  }

  addRival(table: string, destination: string, rank: Rank, machine: Machine): boolean {
    const [first] = this.#routesTo(table, destination)
    if (first === undefined) return false
    const step = { better: -100, same: 0, worse: 100 }[rank]
    this.#add(table, destination, first.priority + step, machine)
    return true
  }

  limitRoutes(room?: number): void {
    const { estate } = this.#simulator
    const fullest = Math.max(...this.#networks.map((network) => estate.routes(network).length))
    estate.limitRoutes(project, room === undefined ? 200 : fullest + room)
    this.#note(people, { kind: 'room' })
  }

  routes(table: string): readonly string[] {
    return this.#simulator.estate
      .routes(table)
      .filter(({ destination }) => destination.prefixLength > 0)
      .map((route) => `${formatCidr(route.destination)} ${hopOf(route.nextHop)}`)
      .sort()
  }

  inject(wanted: CloudFault, calls: number, which: 'reads' | 'writes' | 'all'): void {
    if (wanted.kind === 'slow-operation') {
      this.#operations.slow(wanted.ms, calls)
      return
    }
    const fault = faultOf(wanted)
    const only = wanted.kind === 'stale' ? 'reads' : fault.kind === 'operation-error' ? 'writes' : which
    this.#simulator.faults.inject({
      when: ({ method }) => only === 'all' || isWrite(method) === (only === 'writes'),
      times: calls,
      fault,
    })
  }

  calm(): void {
    this.#simulator.faults.clear()
    this.#operations.calm()
  }

  async open(config: ProviderConfig, link: Link): Promise<OpenProvider> {
    const gce = await gceOver(link, (request, sentAt) => this.#serve(request, link.process.name, sentAt))
    const around = { project, networks: this.#networks }
    return {
      provider: await gcpProviderOf(config, gce, around, link.process.clock),
      close: () => undefined,
    }
  }

  bucket(action: string): Bucket {
    const name = groups[action] ?? 'reads'
    return { name, capacity: 1_500, refill: 1_500 / 60, ...(name === 'mutations' ? { lookMs: 4_000 } : {}) }
  }

  #serve(request: SimulatorRequest, by: string, sentAt: number): SimulatorReply {
    const reply = this.#simulator.handle(request, this.#clock.now())
    const call = this.#simulator.calls.at(-1)
    if (call !== undefined) this.#noteCall(call, by, sentAt)
    this.#settle()
    return reply
  }

  #noteCall(call: Call, by: string, sentAt: number): void {
    const { body, executed, method: action, parameters } = call
    const change = this.#changeOf(call)
    if (executed && change?.name !== undefined) this.#asked.set(change.name, { by, sentAt })
    this.#note(
      by,
      {
        kind: 'cloud-call',
        sentAt,
        action,
        isWrite: isWrite(action),
        ...(change === undefined ? {} : { asks: [change] }),
      },
      `${action} ${JSON.stringify(parameters)} ${body} ${call.reason ?? call.fault ?? 'ok'}`,
    )
  }

  #changeOf({ body, method, parameters }: Call): RouteChange | undefined {
    if (method === 'routes.delete') {
      const route = this.#routes.get(`projects/${project}/global/routes/${parameters.route ?? ''}`)
      return route && changeOf('delete', route)
    }
    if (method !== 'routes.insert') return undefined
    const { destRange, name, network, nextHopInstance, priority } = JSON.parse(body) as Partial<
      Record<string, string>
    >
    return {
      op: 'create',
      table: pathIn(network),
      destination: destRange ?? '',
      name: name ?? '',
      target: pathIn(nextHopInstance),
      priority: Number(priority),
    }
  }

  /** Puts down what has become of routes since it was last looked. */
  #settle(by?: string): void {
    this.#simulator.advance(this.#clock.now())
    const now = new Map(
      this.#networks.flatMap((network) =>
        this.#simulator.estate.routes(network).map((route) => [route.path, route] as const),
      ),
    )
    const before = this.#routes
    this.#routes = now
    for (const [path, route] of before) if (now.get(path) !== route) this.#noteRoute('delete', route, by)
    for (const [path, route] of now) if (before.get(path) !== route) this.#noteRoute('create', route, by)
  }

  #noteRoute(op: 'create' | 'delete', route: Route, by: string | undefined): void {
    const sentAt = this.#clock.monotonic()
    const asked = by === undefined ? this.#asked.get(route.name) : undefined
    const change = changeOf(op, route)
    this.#note(
      asked?.by ?? people,
      { kind: 'route', sentAt: asked?.sentAt ?? sentAt, change },
      `${op} ${change.destination} → ${change.target ?? ''} by ${route.name}`,
    )
  }

  #noteMachine({ providerID, targets }: Machine, state: 'running' | 'stopped' | 'terminated'): void {
    this.#note(people, { kind: 'machine', providerID, targets, state })
  }

  #byPeople(work: () => void): void {
    this.#settle()
    work()
    this.#settle(people)
  }

  #add(network: string, destination: string, priority: number, machine: Machine | undefined): void {
    const nextHop: NextHop =
      machine === undefined
        ? { kind: 'gateway', gateway: `projects/${project}/global/gateways/default-internet-gateway` }
        : { kind: 'instance', instance: machine.targets.v4 }
    const wish = { network, name: `by-hand-${++this.#byHand}`, destination, priority, nextHop }
    this.#byPeople(() => this.#simulator.estate.addRoute(wish))
  }

  /** Those that packets follow first. */
  #routesTo(network: string, destination: string): readonly Route[] {
    const wanted = parseCidr(destination)
    return this.#simulator.estate
      .routes(network)
      .filter(
        (route) =>
          route.destination.family === wanted.family &&
          route.destination.prefixLength === wanted.prefixLength &&
          overlaps(route.destination, wanted),
      )
      .sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1))
  }
}

const changeOf = (
  op: 'create' | 'delete',
  { destination, name, network, nextHop, priority }: Route,
): RouteChange => ({
  op,
  table: network,
  destination: formatCidr(destination),
  name,
  target: hopOf(nextHop),
  priority,
})

function hopOf(hop: NextHop): string {
  switch (hop.kind) {
    case 'instance':
      return hop.instance
    case 'ip':
      return formatAddress(hop.address)
    case 'gateway':
      return hop.gateway
  }
}

const pathIn = (url = ''): string => url.slice(Math.max(0, url.indexOf('projects/')))

function faultOf(fault: Exclude<CloudFault, { kind: 'slow-operation' }>): Fault {
  switch (fault.kind) {
    case 'throttled':
      return { kind: 'error', status: 403, reason: 'rateLimitExceeded' }
    case 'server-error':
      return { kind: 'error', status: 500, reason: 'backendError' }
    case 'busy':
      return { kind: 'error', status: 400, reason: 'resourceNotReady' }
    case 'cut-before':
      return { kind: 'reset-before' }
    case 'cut-after':
      return { kind: 'reset-after' }
    case 'hang-before':
    case 'hang-after':
      return { kind: fault.kind }
    case 'stale':
      return { kind: 'stale', ms: fault.ms }
    case 'late-failure':
      return {
        kind: 'operation-error',
        error: {
          code: 'INTERNAL_ERROR',
          message: 'Internal error. Please try again or contact Google Support.',
          httpStatus: 500,
          httpMessage: 'INTERNAL SERVER ERROR',
        },
      }
  }
}
