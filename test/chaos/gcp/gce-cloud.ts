import { type OpenProvider, type ProviderConfig, gcpProviderOf } from '../../../cli/open-provider.ts'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../../net/address.ts'
import { formatCidr, overlaps, parseCidr } from '../../../net/cidr.ts'
import type { Call } from '../../simulators/gce/call-log.ts'
import { type GceSimulator, createGceSimulator } from '../../simulators/gce/gce-simulator.ts'
import type { InstanceWish } from '../../simulators/gce/estate.ts'
import type { NextHop, Route } from '../../simulators/gce/state.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { ChaosCloud, CloudFault, Machine, Note, Rank } from '../chaos-cloud.ts'
import type { Bucket } from '../checker/budget.ts'
import { type RouteChange, people } from '../journal.ts'
import type { GcpMode } from '../../../providers/gcp/mode.ts'
import { OperationTimes } from '../operation-times.ts'
import type { Link } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import { AliasRanges } from './alias-ranges.ts'
import { faultOf } from './fault-of.ts'
import { gceOver } from './gce-client.ts'
import { Networks, aliasTableOf } from './networks.ts'

const project = 'prod-1'
const zone = 'europe-west1-b'

/** As documented: 1,500 a minute of each group. */
const groups: Readonly<Record<string, string>> = {
  'routes.insert': 'mutations',
  'routes.delete': 'mutations',
  'instances.updateNetworkInterface': 'mutations',
  'routes.list': 'lists',
  'instances.aggregatedList': 'lists',
  'globalOperations.list': 'lists',
  'zoneOperations.list': 'lists',
  'globalOperations.wait': 'operation reads',
  'zoneOperations.wait': 'operation reads',
}

const isWrite = (method: string): boolean => groups[method] === 'mutations'

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
  readonly #mode: GcpMode
  readonly #networks: Networks
  /** What the journal says that there is, by path. */
  #routes = new Map<string, Route>()
  /** Who has asked last for a change of the route of that name. */
  readonly #asked = new Map<string, Asked>()
  readonly #machines: string[] = []
  #aliases: AliasRanges | undefined
  #byHand = 0
  #isSecondTold = false

  constructor(clock: ManualClock, note: Note, random: Random, mode: GcpMode = 'routes') {
    this.#mode = mode
    this.#clock = clock
    this.#note = note
    this.#operations = new OperationTimes(clock, random, () => this.#settle())
    this.#simulator = createGceSimulator({
      zones: [zone],
      operationMs: () => this.#operations.next(),
      historyMs: 10_000,
    })
    const { estate } = this.#simulator
    estate.addProject(project)
    this.#networks = new Networks(estate, project, mode)
  }

  /** Networks are named by a flag, and a machine's interfaces are for ever. */
  addTable(): string | undefined {
    if (this.#machines.length > 0) return undefined
    const [first] = this.#networks.paths
    // The first network of that mode has two tables; the other one is there from the start.
    if (this.#aliases !== undefined && first !== undefined && !this.#isSecondTold) {
      this.#isSecondTold = true
      return first
    }
    const network = this.#networks.add()
    if (this.#mode === 'alias-ip') this.#aliases ??= this.#aliasRanges(network)
    this.#settle()
    this.#note(people, this.#networks.tables())
    return first === undefined ? (this.#aliases?.table ?? network) : network
  }

  #aliasRanges(network: string): AliasRanges {
    const { estate } = this.#simulator
    return new AliasRanges({
      estate,
      network,
      table: aliasTableOf(network),
      machines: () => this.#machines,
      stranger: () => estate.addInstance({ ...this.#wish, name: 'stranger' }).path,
      note: (by, sentAt, change) => this.#noteChange(by, sentAt, change),
    })
  }

  dropTable(): boolean {
    return false
  }

  launch(): Machine {
    const name = `vm-${this.#machines.length + 1}`
    const { interfaces, path } = this.#simulator.estate.addInstance({ ...this.#wish, name })
    this.#machines.push(path)
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

  get #wish(): Pick<InstanceWish, 'project' | 'zone' | 'subnetworks'> {
    return { project, zone, subnetworks: this.#networks.subnetworks }
  }

  recreate({ targets: { v4: path } }: Machine): void {
    const { estate } = this.#simulator
    // Google ends what it is at work on before it deletes an instance.
    if (!estate.has(path) || estate.isBusy(path)) return
    const { name, status } = estate.instance(path)
    if (status !== 'RUNNING') return
    this.#byPeople(() => {
      estate.removeInstance(path)
      estate.addInstance({ ...this.#wish, name })
    })
  }

  terminate(machine: Machine): void {
    this.#byPeople(() => this.#simulator.estate.removeInstance(machine.targets.v4))
    this.#noteMachine(machine, 'terminated')
  }

  deleteRoute(table: string, destination: string): boolean {
    if (table === this.#aliases?.table) return this.#aliases.delete(destination)
    const [first] = this.#routesTo(table, destination)
    if (first === undefined) return false
    this.#byPeople(() => this.#simulator.estate.removeRoute(first.path))
    return true
  }

  changeRoute(table: string, destination: string, machine: Machine): 'changed' | 'replaced' | false {
    if (table === this.#aliases?.table) return this.#aliases.move(destination, machine)
    if (!this.deleteRoute(table, destination)) return false
    this.#add(table, destination, 1000, machine)
    return 'replaced'
  }

  addForeignRoute(table: string, destination: string, machine?: Machine): boolean {
    if (table === this.#aliases?.table) return this.#aliases.add(destination, machine)
    if (this.#routesTo(table, destination).length > 0 || this.#networks.isOfSubnet(table, destination))
      return false
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

  editTable(): void {
    this.#aliases?.edit()
  }

  limitRoutes(room?: number): void {
    const { estate } = this.#simulator
    const fullest = Math.max(...this.#networks.paths.map((network) => estate.routes(network).length))
    estate.limitRoutes(project, room === undefined ? 200 : fullest + room)
    this.#note(people, { kind: 'room' })
  }

  routes(table: string): readonly string[] {
    if (table === this.#aliases?.table) return this.#aliases.routes()
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
    this.#aliases?.calm()
  }

  async open(config: ProviderConfig, link: Link): Promise<OpenProvider> {
    const gce = await gceOver(link, (request, sentAt) => this.#serve(request, link.process.name, sentAt))
    const around = { project, networks: this.#networks.paths }
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
    if (this.#aliases !== undefined) {
      this.#settle()
      this.#aliases.arrives(request.target)
    }
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
    const asks = change === undefined ? (this.#aliases?.asks(call, { by, sentAt }) ?? []) : [change]
    this.#note(
      by,
      {
        kind: 'cloud-call',
        sentAt,
        action,
        isWrite: isWrite(action),
        asks,
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
      this.#networks.paths.flatMap((network) =>
        this.#simulator.estate.routes(network).map((route) => [route.path, route] as const),
      ),
    )
    const before = this.#routes
    this.#routes = now
    for (const [path, route] of before) if (now.get(path) !== route) this.#noteRoute('delete', route, by)
    for (const [path, route] of now) if (before.get(path) !== route) this.#noteRoute('create', route, by)
    this.#aliases?.settle(by)
  }

  #noteRoute(op: 'create' | 'delete', route: Route, by: string | undefined): void {
    const asked = by === undefined ? this.#asked.get(route.name) : undefined
    this.#noteChange(asked?.by ?? people, asked?.sentAt, changeOf(op, route))
  }

  #noteChange(by: string, sentAt: number | undefined, change: RouteChange): void {
    const { destination, name, op, target = '' } = change
    this.#note(
      by,
      { kind: 'route', sentAt: sentAt ?? this.#clock.monotonic(), change },
      `${op} ${destination} → ${target}${name === undefined ? '' : ` by ${name}`}`,
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
