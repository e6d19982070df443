import type { Cidr } from '../../../net/cidr.ts'
import type { ExaminedCluster, ExaminedNode } from '../../examined.ts'
import type { TargetProblem } from '../../provider.ts'
import { type Reading, valueOf } from '../../reading.ts'
import type { WireInstance, WireNetwork, WireProject } from '../gce-api.ts'
import type { GceRoute } from '../gce-route.ts'
import type { WireEffectiveFirewalls, WirePeeringRoute, WireRouter } from '../gce-surroundings.ts'
import type { GcpMode } from '../mode.ts'
import type { ResourcePath } from '../resource-names.ts'
import type { Subnet } from '../subnets.ts'
import type { Trial } from './trial.ts'

/** As the controller would be configured. */
export interface ExaminedSettings {
  readonly mode: GcpMode
  /** Where the instances are. */
  readonly project: string
  /** Of the instances that routes are for; for all if there are none. */
  readonly routeTags: readonly string[]
  /** The quotas, if the user knows them. */
  readonly routesPerNetwork: number | undefined
  readonly routesPerPeeringGroup: number | undefined
}

type ByNetwork<T> = ReadonlyMap<ResourcePath, T>

/** The cloud and the cluster at one moment, as far as they could be read: all that checks look at. */
export interface GcpPicture extends ExaminedCluster {
  readonly settings: ExaminedSettings
  /** Those of the flags, by Google's own names where they could be read; undefined for one that is not there. */
  readonly networks: Reading<ByNetwork<WireNetwork | undefined>>
  /** What each Node runs on, by name of the Node. */
  readonly places: Reading<ReadonlyMap<string, Place | TargetProblem>>
  /** All of the project, other machines' too: any of them may have a range that is meant for pods. */
  readonly instances: Reading<readonly WireInstance[]>
  readonly routes: Reading<ByNetwork<readonly GceRoute[]>>
  readonly subnets: Reading<ByNetwork<readonly Subnet[]>>
  readonly firewalls: Reading<ByNetwork<WireEffectiveFirewalls>>
  /** What comes from the peers that give more than the routes of their subnets. */
  readonly peerRoutes: Reading<ByNetwork<readonly WirePeeringRoute[]>>
  readonly routers: Reading<ByNetwork<readonly WireRouter[]>>
  /** By id: those of the instances and of the networks. */
  readonly projects: Reading<ReadonlyMap<string, WireProject>>
  readonly trials: readonly Trial[]
}

/** A Node's instance, as much of it as is looked at. */
export interface Place {
  readonly path: ResourcePath
  /** `RUNNING`, `TERMINATED` … */
  readonly status: string
  readonly canIpForward: boolean
  readonly tags: readonly string[]
  readonly serviceAccounts: readonly string[]
  readonly interfaces: readonly PlaceInterface[]
  /** Made by GKE. */
  readonly isOfGke: boolean
  /** Whether its metadata keep the guest agent from taking alias ranges for the node's own. */
  readonly guestAgent: 'restrained' | 'free'
}

export interface PlaceInterface {
  /** `nic0` */
  readonly name: string
  readonly network: ResourcePath
  readonly subnet: ResourcePath
  /** Canonical, of both families. */
  readonly addresses: readonly string[]
  readonly isExternal: boolean
  readonly aliases: readonly AliasRange[]
}

export interface AliasRange {
  readonly range: Cidr
  /** The secondary range that it is of; undefined for the primary one. */
  readonly of: string | undefined
}

/** The Nodes whose instance is known, with it. */
export function placedNodes({
  nodes,
  places,
}: GcpPicture): readonly { readonly node: ExaminedNode; readonly place: Place }[] {
  return nodes.flatMap((node) => {
    const place = valueOf(places)?.get(node.name)
    return place === undefined || 'problem' in place ? [] : [{ node, place }]
  })
}

/** The networks that are there, or that could not be looked at. */
export const networkPaths = ({ networks }: GcpPicture): readonly ResourcePath[] =>
  [...(valueOf(networks) ?? [])].flatMap(([path, network]) => (network === undefined ? [] : [path]))

/** The interfaces of a Node in the cluster's networks. */
export const interfacesOf = (place: Place, picture: GcpPicture): readonly PlaceInterface[] => {
  const known = new Set(networkPaths(picture))
  return place.interfaces.filter(({ network }) => known.has(network))
}
