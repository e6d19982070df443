import type { Address } from '../../../net/address.ts'
import { type Cidr, containsAddress } from '../../../net/cidr.ts'
import type { GceRoute } from '../gce-route.ts'
import { type ResourcePath, instanceOfPath } from '../resource-names.ts'
import type { Subnet } from '../subnets.ts'

/** An interface of an instance, as far as packets care. */
export interface WayInterface {
  /** `nic0` */
  readonly name: string
  readonly network: ResourcePath
  /** Canonical, of both families. */
  readonly addresses: readonly string[]
  /** What the network delivers to it by itself: its addresses, the range around that of IPv6, and its alias ranges. */
  readonly own: readonly Cidr[]
}

export interface WayInstance {
  readonly path: ResourcePath
  /** `RUNNING`, `TERMINATED` … */
  readonly status: string
  /** Whether it takes packets, or will in a moment. */
  readonly isLive: boolean
  readonly canIpForward: boolean
  readonly tags: readonly string[]
  readonly interfaces: readonly WayInterface[]
}

/** A packet in a VPC network, and all that decides about it. */
export interface GcpWay {
  readonly source: Address
  readonly destination: Address
  /** Where it leaves its Node. */
  readonly sender: { readonly node: string; readonly instance: WayInstance; readonly nic: WayInterface }
  /** Of the sender's network, subnets' own ones too. */
  readonly routes: readonly GceRoute[]
  readonly subnets: readonly Subnet[]
  /** Of the destination's Node; undefined: it is on none, or its instance is not known. */
  readonly receiver: WayReceiver | undefined
  /** All that can be seen in the receiver's project; undefined: not read, or it may not be. */
  readonly others: readonly WayInstance[] | undefined
}

export interface WayReceiver {
  readonly node: string
  readonly podCIDRs: readonly Cidr[]
  readonly instance: WayInstance
}

/** The interface to which the network delivers the address by itself. */
export const holderOf = (
  { interfaces }: WayInstance,
  network: ResourcePath,
  address: Address,
): WayInterface | undefined => interfaces.find((nic) => nic.network === network && owns(nic, address))

export const owns = ({ own }: WayInterface, address: Address): boolean =>
  own.some((range) => containsAddress(range, address))

/** `NAME --project P --zone Z`, as gcloud takes it. */
export function gcloudInstance(path: ResourcePath): string {
  const { instance = path, project = '', zone = '' } = instanceOfPath(path) ?? {}
  return `${instance} --project ${project} --zone ${zone}`
}
