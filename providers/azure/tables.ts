import { ProviderError } from '../errors.ts'
import type { NodePlaces } from '../node-places.ts'
import type { Table } from '../route.ts'
import { networkPath } from './arm-api.ts'
import { type Arm, callForAll } from './call.ts'
import type { Polling } from './poller.ts'
import type { TableUsers } from './served-ranges.ts'
import { readTable } from './table-read.ts'
import type { WireTable } from './wire.ts'

/** Which tables are the cluster's. */
export interface TableSelection {
  readonly clusterName: string
  /** Ids of the resource groups in which tables are looked for. */
  readonly tableGroups: readonly string[]
  /**
   * `tag`, which is the default: those with the tag `kubernetes.io_cluster_<name>`, whatever its value (Azure takes no
   * slash in the name of a tag) · `auto`: those that the subnets of the cluster's nodes use · ids: these, of any
   * subscription.
   */
  readonly routeTables?: 'tag' | 'auto' | readonly string[]
  /** These too: of a control plane's subnet. */
  readonly extraRouteTableIds?: readonly string[]
}

export const followsNodes = ({ routeTables }: Pick<TableSelection, 'routeTables'>): boolean =>
  routeTables === 'auto'

/** The cluster's tables. */
export class ClusterTables {
  readonly #arm: Arm
  readonly #selection: TableSelection
  readonly #places: NodePlaces
  /** The subnets of the nodes when the tables were last looked for. */
  #considered: ReadonlySet<string> | undefined
  /** The subnets that followed each table when it was last read, by its id; sorted. */
  readonly #subnets = new Map<string, readonly string[]>()

  constructor(arm: Arm, selection: TableSelection, places: NodePlaces) {
    this.#arm = arm
    this.#selection = selection
    this.#places = places
  }

  /**
   * Sorted by id. One that is named but not there is in the answer too: it shows as `not-found` when it is read, where it
   * harms no other.
   */
  async find(signal: AbortSignal): Promise<readonly Table[]> {
    signal.throwIfAborted()
    const { extraRouteTableIds = [], routeTables = 'tag' } = this.#selection
    const named = [...(typeof routeTables === 'object' ? routeTables : []), ...extraRouteTableIds]
    const tables = new Map(named.map((id) => [id.toLowerCase(), tableOf({ id })]))
    if (typeof routeTables !== 'object')
      for (const table of await this.#search(routeTables, signal)) tables.set(table.id, table)
    return [...tables.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** All of one table, when nobody is writing it. @throws ProviderError as {@link readTable} */
  async read(id: string, polling: Polling, signal: AbortSignal): Promise<WireTable> {
    try {
      const table = await readTable(this.#arm, id, polling, signal)
      this.#learn(table)
      return table
    } catch (error) {
      if (error instanceof ProviderError && error.class === 'not-found')
        this.#subnets.delete(id.toLowerCase())
      throw error
    }
  }

  /** As they said when they were last read. */
  users(tables: readonly Table[]): readonly TableUsers[] {
    return tables.map(({ id }) => ({ id, subnets: this.#subnets.get(id) ?? [] }))
  }

  /** Whether {@link find} would find others than it last did, by what was learnt of nodes since. */
  get outdated(): boolean {
    return (
      this.#considered !== undefined &&
      followsNodes(this.#selection) &&
      !this.#places.subnets.isSubsetOf(this.#considered)
    )
  }

  async #search(by: 'tag' | 'auto', signal: AbortSignal): Promise<readonly Table[]> {
    const { clusterName, tableGroups } = this.#selection
    const subnets = this.#places.subnets
    const isTheirs = ({ tags, properties }: WireTable): boolean =>
      by === 'tag'
        ? Object.keys(tags ?? {}).some((key) => key.toLowerCase() === clusterTag(clusterName).toLowerCase())
        : (properties?.subnets ?? []).some(({ id }) => subnets.has((id ?? '').toLowerCase()))
    const found: Table[] = []
    for (const group of new Set(tableGroups)) {
      const path = networkPath(`${group}/providers/Microsoft.Network/routeTables`)
      const all = await callForAll<WireTable>(this.#arm, 'RouteTables_List', path, signal)
      const theirs = all.filter(isTheirs)
      for (const table of theirs) this.#learn(table)
      found.push(...theirs.map(tableOf))
    }
    this.#considered = subnets
    return found
  }

  #learn({ id = '', properties }: WireTable): void {
    const subnets = (properties?.subnets ?? []).map((subnet) => (subnet.id ?? '').toLowerCase())
    this.#subnets.set(id.toLowerCase(), subnets.sort())
  }
}

/** ARM's identifiers are compared without regard to case: in one case they can be compared as text. */
function tableOf({ id = '', name }: WireTable): Table {
  return { id: id.toLowerCase(), name: name ?? id.split('/').at(-1) ?? '' }
}

const clusterTag = (clusterName: string): string => `kubernetes.io_cluster_${clusterName}`
