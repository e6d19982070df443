import { type OpenProvider, type ProviderConfig, azureProviderOf } from '../../../cli/open-provider.ts'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { type ArmSimulator, createArmSimulator } from '../../simulators/arm/arm-simulator.ts'
import type { Fault } from '../../simulators/arm/faults.ts'
import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../simulators/kubernetes/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { ChaosCloud, CloudFault, Machine, Note } from '../chaos-cloud.ts'
import type { Bucket } from '../checker/budget.ts'
import { type RouteChange, people } from '../journal.ts'
import { OperationTimes } from '../operation-times.ts'
import type { Link } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import { armOver } from './arm-client.ts'
import { type TableDocument, type TableEdit, changesBetween, readTable } from './table-document.ts'

const subscription = '00000000-0000-0000-0000-0000000000aa'
const groupId = `/subscriptions/${subscription}/resourcegroups/prod`
const provider = `${groupId}/providers/microsoft.network`
const networkId = `${provider}/virtualnetworks/net`
const subnetId = `${networkId}/subnets/nodes`
const location = 'westeurope'
const tag = 'kubernetes.io_cluster_chaos'

/** Packets follow what is done so much later; podway waits ten seconds. */
const effectiveMs = 8_000

/** The strict ARM simulator: a network with one subnet, whose tables carry the cluster's tag. */
export class ArmCloud implements ChaosCloud {
  readonly clusterName = 'chaos'
  readonly #simulator: ArmSimulator
  readonly #clock: ManualClock
  readonly #note: Note
  readonly #operations: OperationTimes
  /** Tables of the cluster, by id. */
  #tables: string[] = []
  /** What the journal says that there is, of all tables that there ever were. */
  readonly #known = new Map<string, TableDocument>()
  readonly #inForce = new Map<string, string>()
  #machines = 0
  #made = 0
  #edits = 0
  /** What people do is never struck by a fault. */
  #isPeople = false
  /** To make the world takes no time. */
  #isMade = false

  constructor(clock: ManualClock, note: Note, random: Random) {
    this.#clock = clock
    this.#note = note
    this.#operations = new OperationTimes(clock, random, () => {
      this.#settle()
      clock.setTimeout(() => this.#settle(), effectiveMs)
    })
    this.#simulator = createArmSimulator({
      operationMs: () => (this.#isMade ? this.#operations.next() : 0),
      effectiveMs,
      historyMs: 10_000,
    })
    this.#do('PUT', networkId, {
      location,
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:10::/48'] } },
    })
    this.#do('PUT', subnetId, { properties: { addressPrefixes: ['10.0.0.0/20', 'fd00:10::/64'] } })
    this.#isMade = true
  }

  addTable(): string {
    const id = `${provider}/routetables/table-${++this.#made}`
    this.#isMade = false
    this.#do('PUT', id, {
      location,
      tags: { [tag]: 'shared' },
      properties: { disableBgpRoutePropagation: true },
    })
    this.#isMade = true
    this.#known.set(id, this.#read(id))
    this.#settle()
    this.#noteTables([...this.#tables, id])
    return id
  }

  dropTable(table: string): boolean {
    if (!this.#try('PATCH', table, { tags: {} })) return false
    this.#noteTables(this.#tables.filter((id) => id !== table))
    return true
  }

  launch(): Machine {
    const name = `vm-${++this.#machines}`
    const families = [4, 6] as const
    const { id, interfaceId } = this.#simulator.machines.add({
      ...{ subscription, group: 'prod', subnet: subnetId, name, families },
    })
    const [v4 = '', v6 = ''] = listAt(this.#do('GET', interfaceId), 'properties', 'ipConfigurations').map(
      (config) => textAt(config, 'properties', 'privateIPAddress'),
    )
    const machine = { providerID: `azure://${id}`, address: v4, targets: { v4, v6 } }
    this.#noteMachine(machine, 'running')
    return machine
  }

  stop(machine: Machine): void {
    this.#simulator.machines.power(idOf(machine), 'deallocated')
    this.#noteMachine(machine, 'stopped')
  }

  start(machine: Machine): void {
    this.#simulator.machines.power(idOf(machine), 'running')
    this.#noteMachine(machine, 'running')
  }

  terminate(machine: Machine): void {
    this.#simulator.machines.terminate(idOf(machine))
    this.#noteMachine(machine, 'terminated')
  }

  deleteRoute(table: string, destination: string): boolean {
    const name = this.#routeTo(table, destination)
    return name !== undefined && this.#try('DELETE', `${table}/routes/${name}`)
  }

  changeRoute(table: string, destination: string, machine: Machine): 'changed' | false {
    const name = this.#routeTo(table, destination)
    return name !== undefined && this.#putRoute(table, name, destination, machine) && 'changed'
  }

  addForeignRoute(table: string, destination: string, machine?: Machine): boolean {
    return this.#putRoute(table, `by-hand-${++this.#edits}`, destination, machine)
  }

  editTable(table: string): void {
    const { etag, ...doc } = objectAt(this.#do('GET', table))
    const properties = { ...objectAt(doc, 'properties'), disableBgpRoutePropagation: this.#edits % 2 === 0 }
    const tags = { ...objectAt(doc, 'tags'), edited: String(++this.#edits) }
    this.#try('PUT', table, { ...doc, tags, properties }, typeof etag === 'string' ? etag : undefined)
  }

  limitRoutes(room?: number): void {
    const fullest = Math.max(...this.#tables.map((table) => this.#read(table).routes.size))
    this.#simulator.limitRoutes(room === undefined ? 1_000 : fullest + room)
    this.#note(people, { kind: 'room' })
  }

  routes(table: string): readonly string[] {
    return [...this.#read(table).routes.values()]
      .map(({ destination, target }) => `${destination} ${target}`)
      .sort()
  }

  inject(wanted: CloudFault, calls: number, which: 'reads' | 'writes' | 'all'): void {
    if (wanted.kind === 'slow-operation') {
      this.#operations.slow(wanted.ms, calls)
      return
    }
    const fault = faultOf(wanted)
    const only = fault.kind === 'stale' ? 'reads' : fault.kind === 'operation-ends' ? 'writes' : which
    this.#simulator.faults.inject({
      when: ({ operation }) =>
        !this.#isPeople && (only === 'all' || isWrite(operation) === (only === 'writes')),
      times: calls,
      fault,
    })
  }

  calm(): void {
    this.#simulator.faults.clear()
    this.#operations.calm()
  }

  async open(config: ProviderConfig, link: Link): Promise<OpenProvider> {
    const arm = armOver(link, (request, sentAt) => this.#serve(request, link.process.name, sentAt))
    const groups = { tableGroups: [groupId], nodeGroups: [groupId] }
    const place = { routeTables: 'tag', extraRouteTableIds: [], network: networkId, ...groups } as const
    return {
      provider: await azureProviderOf(config, arm, place, link.process.clock),
      close: () => undefined,
    }
  }

  /** Of Microsoft.Network: 1,000 writes in five minutes, of which ARM lets 200 through at once. */
  bucket(action: string): Bucket {
    return isWrite(action)
      ? { name: 'writes', capacity: 200, refill: 1_000 / 300, lookMs: 60_000 }
      : { name: 'reads', capacity: 250, refill: 25 }
  }

  #serve(request: SimulatorRequest, by: string, sentAt: number): SimulatorReply {
    this.#settle()
    const reply = this.#simulator.handle(request, this.#clock.now())
    const call = this.#simulator.calls.at(-1)
    if (call === undefined) return reply
    const { body, code, fault, operation: action, path } = call
    const changes = this.#changes()
    const asks = [...changes.values()].flatMap((edit) => edit.changes)
    this.#note(
      by,
      {
        kind: 'cloud-call',
        sentAt,
        action,
        isWrite: isWrite(action),
        ...(asks.length > 0 ? { asks } : {}),
        ...(code === 'RouteCountLimitReached'
          ? { full: { table: path.toLowerCase(), family: 'both' as const } }
          : {}),
      },
      `${action} ${path} ${body} ${code ?? fault ?? 'ok'}`,
    )
    this.#noteChanges(changes, by, sentAt)
    return reply
  }

  /** Puts down what packets follow now. */
  #settle(): void {
    const now = this.#clock.now()
    this.#simulator.advance(now)
    for (const table of this.#known.keys()) {
      const routes = [...readTable(this.#simulator.inForce(table, now) ?? []).routes.values()]
      const text = JSON.stringify(routes)
      if (this.#inForce.get(table) === text) continue
      this.#inForce.set(table, text)
      this.#note(people, { kind: 'in-force', table, routes })
    }
  }

  /** What is other in tables than the journal has it. */
  #changes(): ReadonlyMap<string, TableEdit> {
    const edits = new Map<string, TableEdit>()
    for (const [table, before] of this.#known) {
      const after = this.#read(table)
      if (after.text === before.text) continue
      this.#known.set(table, after)
      edits.set(table, changesBetween(table, before, after))
    }
    return edits
  }

  #noteChanges(changes: ReadonlyMap<string, TableEdit>, by: string, sentAt: number): void {
    for (const [table, edit] of changes) {
      for (const change of edit.changes) this.#note(by, { kind: 'route', sentAt, change }, describe(change))
      for (const what of edit.others)
        this.#note(by, { kind: 'table-edit', what: `changed ${what} of ${table}` })
    }
  }

  #noteTables(tables: string[]): void {
    this.#tables = tables
    this.#note(people, { kind: 'tables', tables })
  }

  #noteMachine({ providerID, targets }: Machine, state: 'running' | 'stopped' | 'terminated'): void {
    this.#note(people, { kind: 'machine', providerID, targets, state })
  }

  #read(table: string): TableDocument {
    const document = this.#simulator.document(table) ?? {}
    return readTable(listAt(document, 'properties', 'routes'), document)
  }

  /** Its name. */
  #routeTo(table: string, destination: string): string | undefined {
    return [...this.#read(table).routes.values()].find((route) => route.destination === destination)?.name
  }

  #putRoute(table: string, name: string, addressPrefix: string, machine: Machine | undefined): boolean {
    const nextHopIpAddress = machine?.targets[addressPrefix.includes(':') ? 'v6' : 'v4']
    const hop =
      nextHopIpAddress === undefined
        ? { nextHopType: 'Internet' }
        : { nextHopType: 'VirtualAppliance', nextHopIpAddress }
    return this.#try('PUT', `${table}/routes/${name}`, { properties: { addressPrefix, ...hop } })
  }

  #do(method: string, id: string, body?: JsonObject): Json {
    const reply = this.#asPeople(method, id, body)
    if (reply.status >= 300) throw new Error(`${method} ${id}: ${reply.body}`)
    return JSON.parse(reply.body) as Json
  }

  #try(method: string, id: string, body?: JsonObject, ifMatch?: string): boolean {
    this.#settle()
    const { status } = this.#asPeople(method, id, body, ifMatch)
    this.#noteChanges(this.#changes(), people, this.#clock.monotonic())
    return status < 300
  }

  #asPeople(
    method: string,
    id: string,
    body: JsonObject | undefined,
    ifMatch?: string,
  ): { readonly status: number; readonly body: string } {
    this.#isPeople = true
    const reply = this.#simulator.handle(
      {
        method,
        target: `${id}?api-version=2026-01-01`,
        headers: {
          authorization: `Bearer ${people}`,
          host: 'arm.example.invalid',
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        },
        body: body === undefined ? '' : JSON.stringify(body),
      },
      this.#clock.now(),
    )
    this.#isPeople = false
    if (reply.kind !== 'response') throw new Error(`${method} ${id}: ${reply.kind}`)
    return reply
  }
}

const isWrite = (operation: string): boolean => /_(CreateOrUpdate|Update|Delete)$/.test(operation)

const idOf = ({ providerID }: Machine): string => providerID.slice('azure://'.length)

const describe = ({ destination, op, target = '' }: RouteChange): string => `${op} ${destination} → ${target}`

function faultOf(fault: Exclude<CloudFault, { kind: 'slow-operation' }>): Fault {
  switch (fault.kind) {
    case 'throttled':
      return {
        kind: 'error',
        status: 429,
        code: 'TooManyRequests',
        options: { headers: { 'retry-after': '3' } },
      }
    case 'server-error':
      return { kind: 'error', status: 500, code: 'InternalServerError' }
    case 'busy':
      return {
        kind: 'error',
        status: 429,
        code: 'RetryableError',
        options: { details: [{ code: 'RetryableErrorDueToAnotherOperation', message: 'Another one.' }] },
      }
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
        kind: 'operation-ends',
        status: 'Failed',
        code: 'InternalServerError',
        message: 'An error occurred.',
      }
  }
}
