import type { Cidr } from '../../../net/cidr.ts'
import type { Family } from '../../../net/address.ts'
import type { ProviderError } from '../../errors.ts'
import type { ExaminedCluster, ExaminedNode } from '../../examined.ts'
import type { TargetProblem } from '../../provider.ts'
import { type Reading, valueOf } from '../../reading.ts'
import type { Target } from '../../route.ts'
import type { NodeInterface } from '../interfaces.ts'
import type { ExaminedWireTable, WireLock, WirePermission, WireSecurityGroup } from './wire.ts'

/** The cloud and the cluster at one moment, as far as they could be read: all that checks look at. Ids are in lower case. */
export interface AzurePicture extends ExaminedCluster {
  /** Of both families together. */
  readonly routesPerTable: number
  readonly groups: Reading<readonly ExaminedGroup[]>
  /** Where each Node is, by name. */
  readonly places: Reading<ReadonlyMap<string, ExaminedPlace | TargetProblem>>
  /** Whether the machine takes packets, by its id. */
  readonly running: Reading<ReadonlyMap<string, boolean>>
  readonly tables: Reading<ExaminedTables>
  /** Those in which Nodes are, or subnets that follow a table of the cluster. */
  readonly networks: Reading<readonly ExaminedNetwork[]>
  /** Those of the Nodes' interfaces and subnets, by id. */
  readonly securityGroups: Reading<ReadonlyMap<string, WireSecurityGroup>>
  /** What these credentials may do with each table of the cluster, and where forwarding is to be turned on, by id. */
  readonly permissions: Reading<ReadonlyMap<string, readonly WirePermission[]>>
  readonly locks: Reading<readonly WireLock[]>
  /** Ids of the policies' assignments that deny a write of a table, by its id. */
  readonly denials: Reading<ReadonlyMap<string, readonly string[]>>
  /** How many routes a table takes in its subscription and region, by its id; none where Azure does not say. */
  readonly limits: Reading<ReadonlyMap<string, number>>
}

/** A resource group that the configuration names. */
export interface ExaminedGroup {
  readonly id: string
  /** Why it can't be there, if it is not. */
  readonly absent: ProviderError | undefined
}

export interface ExaminedPlace {
  /** The machine's id. */
  readonly machine: string
  readonly interfaces: readonly NodeInterface[]
  /** Those whose tables the Node's packets follow. */
  readonly subnets: readonly string[]
  readonly targets: ReadonlyMap<Family, Target | TargetProblem>
}

export interface ExaminedTables {
  /** The cluster's, by id. */
  readonly chosen: readonly ExaminedTable[]
  /** Ids of those that are named in the flags, and not there. */
  readonly missing: readonly string[]
}

export interface ExaminedTable {
  readonly id: string
  readonly name: string
  readonly wire: ExaminedWireTable
}

export interface ExaminedNetwork {
  readonly id: string
  readonly ranges: readonly Cidr[]
  readonly subnets: readonly ExaminedSubnet[]
  readonly peers: readonly ExaminedPeer[]
}

export interface ExaminedSubnet {
  readonly id: string
  readonly ranges: readonly Cidr[]
  /** Id of the table that it follows. */
  readonly table: string | undefined
  readonly securityGroup: string | undefined
}

/** A network at the other end of a peering. */
export interface ExaminedPeer {
  readonly peering: string
  readonly network: string
  readonly ranges: readonly Cidr[]
  /** Whether this network's packets leave by the other one's gateway. */
  readonly usesItsGateway: boolean
}

/** The Nodes whose machine is known, with where they are. */
export function placedNodes({
  nodes,
  places,
}: AzurePicture): readonly { readonly node: ExaminedNode; readonly place: ExaminedPlace }[] {
  return nodes.flatMap((node) => {
    const place = valueOf(places)?.get(node.name)
    return place === undefined || 'problem' in place ? [] : [{ node, place }]
  })
}

/** All subnets that were read. */
export const subnetsById = ({ networks }: AzurePicture): ReadonlyMap<string, ExaminedSubnet> =>
  new Map((valueOf(networks) ?? []).flatMap(({ subnets }) => subnets.map((subnet) => [subnet.id, subnet])))

/** What a person calls it: the last part of an id, of a subnet with its network, of a scale set's member with its set. */
export function shortName(id: string): string {
  const member =
    /\/virtualmachinescalesets\/([^/]+)\/virtualmachines\/([^/]+)(?:\/networkinterfaces\/([^/]+))?$/i.exec(id)
  if (member !== null) {
    const [, set = '', instance = '', nic] = member
    return `${set}_${instance}${nic === undefined ? '' : `/${nic}`}`
  }
  const parts = id.split('/')
  return parts.at(-2) === 'subnets' ? `${parts.at(-3)}/${parts.at(-1)}` : (parts.at(-1) ?? id)
}
