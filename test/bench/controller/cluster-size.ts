/** A cluster of some size in an account of some rates. IPv4 only: a second family is a second table's work. */
export interface ClusterSize {
  /** `400x2`, `400x1-rival`, `5000x1-raised`: Nodes and tables. */
  readonly name: string
  readonly nodes: number
  readonly tables: number
  /** Of AWS's documented buckets. */
  readonly bucketScale: number
  /** Whether another client of the account takes half of the writes. */
  readonly hasRival: boolean
  /** The quota of each table. */
  readonly routesPerTable: number
}

/** Of an account whose rates were raised, for a cluster that is far larger than AWS's tables take. */
const raisedScale = 20
/** AWS raises the quota to that. */
const mostRoutes = 1_000
/** The table's own route to the VPC counts here, to be on the safe side. */
const localRoutes = 1
/** The VPC's range has room for no more of the subnets, each with a table of its own. */
const mostTables = 4
const mostNodes = 8_000

/** @throws Error that says what is expected */
export function readClusterSize(name: string): ClusterSize {
  const [, nodesText, tablesText, suffix] = /^(\d+)x(\d+)(?:-(raised|rival))?$/.exec(name) ?? []
  const nodes = Number(nodesText)
  const tables = Number(tablesText)
  if (!(nodes >= 1 && nodes <= mostNodes && tables >= 1 && tables <= mostTables))
    throw new Error(
      `--clusters=${name}: expected NODESxTABLES, at most ${mostNodes}x${mostTables}, with -raised or -rival behind it or not`,
    )
  return {
    name,
    nodes,
    tables,
    bucketScale: suffix === 'raised' ? raisedScale : 1,
    hasRival: suffix === 'rival',
    routesPerTable: Math.max(mostRoutes, nodes) + localRoutes,
  }
}

export const usualClusters: readonly ClusterSize[] = [
  '400x1',
  '400x2',
  '500x3',
  '1000x1',
  '400x1-rival',
  '500x1-raised',
  '5000x1-raised',
].map(readClusterSize)
