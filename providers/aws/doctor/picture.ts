import type { NetworkAcl, SecurityGroup } from '@aws-sdk/client-ec2'
import type { Cidr } from '../../../net/cidr.ts'
import type { ProviderError } from '../../errors.ts'
import type { ExaminedCluster, ExaminedNode } from '../../examined.ts'
import type { TargetProblem } from '../../provider.ts'
import { type Reading, valueOf } from '../../reading.ts'
import type { Target } from '../../route.ts'
import type { RouteTable } from '../route-table.ts'
import type { Trial } from './trial.ts'

/** The cloud and the cluster at one moment, as far as they could be read: all that checks look at. */
export interface AwsPicture extends ExaminedCluster {
  /** Of each family. */
  readonly routesPerTable: number
  /** Where each Node is, by name. */
  readonly places: Reading<ReadonlyMap<string, ExaminedPlace | TargetProblem>>
  readonly tables: Reading<ExaminedTables>
  /** The interfaces by which pods' packets arrive at the Nodes and leave them, by id. */
  readonly interfaces: Reading<ReadonlyMap<string, ExaminedInterface>>
  readonly vpcs: Reading<readonly ExaminedVpc[]>
  readonly subnets: Reading<readonly ExaminedSubnet[]>
  readonly peers: Reading<readonly ExaminedPeer[]>
  /** By id. */
  readonly groups: Reading<ReadonlyMap<string, SecurityGroup>>
  readonly acls: Reading<readonly NetworkAcl[]>
  readonly trials: readonly Trial[]
}

export interface ExaminedPlace {
  readonly instanceId: string
  readonly vpcId: string
  /** Those whose tables the Node's packets follow. */
  readonly subnets: readonly string[]
  readonly target: Target | TargetProblem
  /** That of the target, and the primary one, by which packets leave. Ids. */
  readonly interfaces: readonly string[]
}

export interface ExaminedTables {
  /** Those of the VPCs in which there are Nodes or tables of the cluster. */
  readonly all: readonly RouteTable[]
  /** The cluster's, by id. */
  readonly chosen: readonly RouteTable[]
  /** Named in the flags, and not there. */
  readonly missing: readonly string[]
  /** Why the controller would end, if it would. */
  readonly refused: ProviderError | undefined
}

export interface ExaminedInterface {
  readonly id: string
  readonly sourceDestCheck: boolean | undefined
  readonly subnetId: string | undefined
  readonly groups: readonly string[]
  /** The ranges that the VPC itself delivers to it. */
  readonly delegated: readonly Cidr[]
}

export interface ExaminedVpc {
  readonly id: string
  readonly ranges: readonly { readonly cidr: Cidr; readonly what: 'primary' | 'secondary' | 'IPv6' }[]
}

export interface ExaminedSubnet {
  readonly id: string
  readonly vpcId: string
  readonly ranges: readonly Cidr[]
}

/** A VPC at the other end of a peering that is active or about to be. */
export interface ExaminedPeer {
  readonly peering: string
  readonly vpcId: string
  /** None as long as the other side has not accepted. */
  readonly ranges: readonly Cidr[]
}

/** The Nodes whose instance is known, with where they are. */
export function placedNodes({
  nodes,
  places,
}: AwsPicture): readonly { readonly node: ExaminedNode; readonly place: ExaminedPlace }[] {
  return nodes.flatMap((node) => {
    const place = valueOf(places)?.get(node.name)
    return place === undefined || 'problem' in place ? [] : [{ node, place }]
  })
}
