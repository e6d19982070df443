import type { Node, NodeCondition } from '../../kube/objects.ts'
import { type Address, formatAddress } from '../../net/address.ts'
import { gatewayOf, readPodCidrs } from '../setup/pod-cidrs.ts'

/** Another node, by the addresses of its podCIDRs that it always holds. */
export interface Peer {
  readonly name: string
  readonly addresses: readonly Address[]
}

/** The Node's condition that agents set, and by which they know each other. */
export const reachableCondition = 'PodNetworkReachable'

/**
 * Nodes that should answer over the pod network: they have an agent, which says so by the condition, are ready, and
 * have their routes. One that is shut down, or comes just now, says nothing of the network.
 */
export function peersAmong(nodes: readonly Node[], ownName: string): readonly Peer[] {
  return nodes.flatMap((node): readonly Peer[] => {
    const { deletionTimestamp, name } = node.metadata
    const podCidrs = readPodCidrs(node)
    if (name === ownName || deletionTimestamp !== undefined || podCidrs.kind !== 'known') return []
    if (conditionOf(node, reachableCondition) === undefined) return []
    if (conditionOf(node, 'Ready')?.status !== 'True') return []
    if (conditionOf(node, 'NetworkUnavailable')?.status === 'True') return []
    return [{ name, addresses: podCidrs.cidrs.map(gatewayOf) }]
  })
}

export const conditionOf = ({ status }: Node, type: string): NodeCondition | undefined =>
  status?.conditions?.find((one) => one.type === type)

/**
 * So many of them, each with the same chance, in an order by chance (Fisher and Yates).
 * @param random a number from 0 to below 1
 */
export function choose<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  const left = [...all]
  const chosen: T[] = []
  while (chosen.length < count && left.length > 0) {
    const [one] = left.splice(Math.floor(random() * left.length), 1)
    if (one !== undefined) chosen.push(one)
  }
  return chosen
}

/** What is asked of a peer: each of its addresses whose family we have too, from ours. */
export interface Probe {
  readonly peer: string
  readonly from: Address
  readonly to: Address
}

export const probesOf = (peer: Peer, own: readonly Address[]): readonly Probe[] =>
  peer.addresses.flatMap((to) => {
    const from = own.find(({ family }) => family === to.family)
    return from === undefined ? [] : [{ peer: peer.name, from, to }]
  })

export const probeText = ({ peer, to }: Probe): string => `${peer} (${formatAddress(to)})`
