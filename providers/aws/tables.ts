import type { Cidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { NodePlaces } from '../node-places.ts'
import type { ObservedRoute, Table } from '../route.ts'
import type { Ec2 } from './call.ts'
import { type RouteTable, rangesOfVpc } from './route-table.ts'
import type { SubnetTables, TableUsers } from './served-ranges.ts'
import { type TablesRead, TableReads } from './table-reads.ts'
import { type TableSelection, followsNodes, namedTables, queriesFor, select } from './table-selection.ts'

/** The cluster's tables, and what of them does not change from one reading to the next. */
export class ClusterTables {
  readonly #selection: TableSelection
  readonly #places: NodePlaces
  readonly #ec2: Ec2
  readonly #reads: TableReads
  /** Of single tables, before what is in them is written over. */
  readonly #looks = new Map<string, TableReads>()
  /** The ranges of each table's VPC, when it was last read. */
  readonly #ranges = new Map<string, readonly Cidr[]>()
  /** By which subnets each table is used, when it was last read. */
  readonly #users = new Map<string, TableUsers>()
  /** The subnets that have a table of their own, where every table of the nodes' VPC is read. */
  #associated: ReadonlySet<string> | undefined
  /** Of the tables that were last found. */
  #vpcs: readonly string[] = []
  /** Where nodes were when the tables were last looked for. */
  #considered: { readonly vpcs: ReadonlySet<string>; readonly subnets: ReadonlySet<string> } | undefined

  constructor(ec2: Ec2, selection: TableSelection, places: NodePlaces) {
    this.#selection = selection
    this.#places = places
    this.#ec2 = ec2
    this.#reads = new TableReads(ec2)
  }

  /**
   * Sorted by id. One that is named but not there is in the answer too: it shows as `not-found` when it is read, where it
   * harms no other.
   */
  async find(signal: AbortSignal): Promise<readonly Table[]> {
    signal.throwIfAborted()
    const places = { vpcs: this.#places.vpcs, subnets: this.#places.subnets }
    const queries = queriesFor(this.#selection, this.#places)
    const read = queries.length === 0 ? new Map<string, RouteTable>() : await this.#read({ queries }, signal)
    const chosen = select(read, this.#selection, this.#places)
    this.#considered = places
    this.#associated =
      followsNodes(this.#selection) && places.vpcs.size > 0
        ? new Set([...read.values()].flatMap(({ subnets }) => subnets))
        : undefined
    this.#vpcs = [...new Set(chosen.flatMap(({ vpcId }) => vpcId ?? []))]
    const tables = new Map<string, Table>(namedTables(this.#selection).map((id) => [id, { id }]))
    for (const { id, name } of chosen) tables.set(id, { id, ...(name !== undefined && { name }) })
    return [...tables.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** @throws ProviderError `not-found` if there is no such table */
  async list(id: string, signal: AbortSignal): Promise<readonly ObservedRoute[]> {
    return present(await this.#read({ ids: [id] }, signal), id).routes
  }

  /**
   * What the table holds now, by a reading that starts after this was called. A table is looked at once at a time: of a
   * thousand routes that are to be deleted at once each must be seen before, but a thousand readings of a thousand routes
   * would keep the process from everything else. Others' tables don't wait.
   * @throws ProviderError as {@link list}
   */
  async look(id: string, signal: AbortSignal): Promise<readonly ObservedRoute[]> {
    const looks = this.#looks.get(id) ?? new TableReads(this.#ec2, { oneAtATime: true })
    this.#looks.set(id, looks)
    return present(await looks.read({ ids: [id] }, signal), id).routes
  }

  /** Whether {@link find} would look elsewhere than it last did, by what was learnt of nodes since. */
  get outdated(): boolean {
    if (this.#considered === undefined || !followsNodes(this.#selection)) return false
    const { vpcs, subnets } = this.#considered
    return this.#selection.routeTables === 'vpc'
      ? !this.#places.vpcs.isSubsetOf(vpcs)
      : !this.#places.subnets.isSubsetOf(subnets)
  }

  /** Where the cluster's instances can be. None as long as nothing tells. */
  async vpcs(signal: AbortSignal): Promise<readonly string[]> {
    if (this.knownVpcs.length === 0) await this.find(signal)
    return this.knownVpcs
  }

  /** Those of the nodes, and of the tables that were last found. */
  get knownVpcs(): readonly string[] {
    return [...this.#places.vpcs.union(new Set(this.#vpcs))]
  }

  /** The ranges of the table's VPC, as far as is known: none before the table was first read. */
  rangesOfVpc(tableId: string): readonly Cidr[] {
    return this.#ranges.get(tableId) ?? []
  }

  /** Which subnets are associated with these tables, as far as they were read, and with any, if all were. */
  users(tables: readonly Table[]): SubnetTables {
    return { tables: tables.flatMap(({ id }) => this.#users.get(id) ?? []), associated: this.#associated }
  }

  async #read(wish: Parameters<TableReads['read']>[0], signal: AbortSignal): Promise<TablesRead> {
    const read = await this.#reads.read(wish, signal)
    for (const table of read.values()) {
      const { id, isMain, subnets, vpcId } = table
      this.#ranges.set(id, rangesOfVpc(table))
      this.#users.set(id, { id, isMain, subnets, vpcId })
    }
    // What was associated with it follows another one now.
    for (const id of wish.ids ?? []) if (!read.has(id)) this.#users.delete(id)
    return read
  }
}

function present(read: TablesRead, id: string): RouteTable {
  const table = read.get(id)
  if (table !== undefined) return table
  throw new ProviderError('not-found', `there is no route table ${id}`, {
    code: 'InvalidRouteTableID.NotFound',
    action: 'DescribeRouteTables',
  })
}
