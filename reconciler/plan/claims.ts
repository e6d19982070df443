import { AddressSyntaxError, formatAddress } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { CidrSet } from '../../net/cidr-set.ts'
import type { NodeView } from '../../providers/provider.ts'
import { type DestinationKey, type NodeRef, destinationKey } from '../ledger/record.ts'

/** A Node as far as routes are concerned. */
export interface RoutedNode extends NodeView {
  readonly uid: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** spec.podCIDRs as written: not yet checked. */
  readonly podCIDRs: readonly string[]
}

/** A podCIDR that can't be routed as it is written. */
export interface ClaimProblem {
  readonly node: string
  readonly text: string
  readonly message: string
}

/**
 * Which node claims which destination: the desired state, kept up to date node by node. Answers what a change of a node
 * may have changed, so that an event costs as much as the node has podCIDRs, not as much as the cluster has nodes.
 */
export class Claims {
  readonly #nodes = new Map<string, RoutedNode>()
  readonly #destinations = new Map<string, readonly Cidr[]>()
  readonly #claimants = new Map<DestinationKey, Set<string>>()
  readonly #problems = new Map<string, readonly ClaimProblem[]>()
  /** By node: what a Node without podCIDRs is to get. */
  readonly #promises = new Map<string, { readonly uid: string; readonly cidrs: readonly Cidr[] }>()
  readonly #ranges = new CidrSet()

  /**
   * Takes the node as it is now; returns every destination that may have to be looked at. None if nothing differs that
   * routes depend on: heartbeats, images and conditions come every few seconds from every node.
   */
  upsert(node: RoutedNode): readonly DestinationKey[] {
    const known = this.#nodes.get(node.name)
    if (known !== undefined && sameNode(known, node)) return []
    return this.#put(node)
  }

  /**
   * The Node gets these before its podCIDRs say so: it claims them from now on, as if it had them, until it has podCIDRs or
   * is promised others. Returns what may have to be looked at.
   */
  promise(
    { name, uid }: Pick<RoutedNode, 'name' | 'uid'>,
    cidrs: readonly Cidr[],
  ): readonly DestinationKey[] {
    const node = this.#nodes.get(name)
    if (node?.uid !== uid || node.podCIDRs.length > 0) return []
    const before = this.destinations(name).map(destinationKey)
    if (JSON.stringify(before) === JSON.stringify(cidrs.map(destinationKey))) return []
    this.#promises.set(name, { uid, cidrs })
    return this.#put(node)
  }

  #put(node: RoutedNode): readonly DestinationKey[] {
    const promised = this.#promises.get(node.name)
    const before = this.remove(node.name)
    const { cidrs: own, problems } = readPodCidrs(node)
    const awaits = promised?.uid === node.uid && node.podCIDRs.length === 0
    const cidrs = awaits ? promised.cidrs : own
    if (awaits) this.#promises.set(node.name, promised)
    this.#nodes.set(node.name, node)
    this.#destinations.set(node.name, cidrs)
    if (problems.length > 0) this.#problems.set(node.name, problems)
    const keys = cidrs.map(destinationKey)
    for (const key of keys) {
      const claimants = this.#claimants.get(key)
      if (claimants === undefined) this.#claimants.set(key, new Set([node.name]))
      else claimants.add(node.name)
    }
    for (const cidr of cidrs) this.#ranges.add(cidr)
    return [...new Set([...before, ...keys, ...cidrs.flatMap((cidr) => this.overlapping(cidr))])]
  }

  /** Forgets the node; returns the destinations that it claimed, and those that overlap them. */
  remove(name: string): readonly DestinationKey[] {
    const cidrs = this.#destinations.get(name) ?? []
    const keys = cidrs.map(destinationKey)
    for (const cidr of cidrs) {
      const key = destinationKey(cidr)
      const claimants = this.#claimants.get(key)
      claimants?.delete(name)
      if (claimants?.size !== 0) continue
      this.#claimants.delete(key)
      this.#ranges.delete(cidr)
    }
    this.#nodes.delete(name)
    this.#promises.delete(name)
    this.#destinations.delete(name)
    this.#problems.delete(name)
    return [...new Set([...keys, ...cidrs.flatMap((cidr) => this.overlapping(cidr))])]
  }

  node(name: string): RoutedNode | undefined {
    return this.#nodes.get(name)
  }

  nodes(): readonly RoutedNode[] {
    return [...this.#nodes.values()]
  }

  /** The destinations of a node, in the order of its podCIDRs. */
  destinations(name: string): readonly Cidr[] {
    return this.#destinations.get(name) ?? []
  }

  problems(name: string): readonly ClaimProblem[] {
    return this.#problems.get(name) ?? []
  }

  keys(): readonly DestinationKey[] {
    return [...this.#claimants.keys()]
  }

  /**
   * The node to which the destination belongs. Of several claimants the one that the ledger names keeps it, else the
   * oldest has it, then the first by name: no flapping, and a newcomer never takes a working node's pods off the net
   * (https://github.com/kubernetes/kubernetes/issues/29058, https://github.com/antrea-io/antrea/issues/7893).
   */
  holder(key: DestinationKey, recorded: NodeRef | undefined): RoutedNode | undefined {
    const claimants = this.claimants(key)
    return (
      claimants.find((node) => node.name === recorded?.name && node.uid === recorded.uid) ??
      claimants.toSorted((a, b) => a.createdAt - b.createdAt)[0]
    )
  }

  /** Claimed destinations that share addresses with the range, without being equal to it: the wider ones first. */
  overlapping(cidr: Cidr): readonly DestinationKey[] {
    return [...this.#ranges.around(cidr), ...this.#ranges.inside(cidr)].map(destinationKey)
  }

  /** All nodes that claim it, sorted by name: more than one is a conflict. */
  claimants(key: DestinationKey): readonly RoutedNode[] {
    const names = [...(this.#claimants.get(key) ?? [])].sort()
    return names.flatMap((name) => this.#nodes.get(name) ?? [])
  }
}

function sameNode(a: RoutedNode, b: RoutedNode): boolean {
  const text = (node: RoutedNode): string =>
    JSON.stringify([node.uid, node.providerID, node.addresses.map(formatAddress), node.podCIDRs])
  return text(a) === text(b)
}

function readPodCidrs(node: RoutedNode): {
  readonly cidrs: readonly Cidr[]
  readonly problems: readonly ClaimProblem[]
} {
  const cidrs = new Map<DestinationKey, Cidr>()
  const problems: ClaimProblem[] = []
  for (const text of node.podCIDRs) {
    try {
      const cidr = parseCidr(text)
      cidrs.set(destinationKey(cidr), cidr)
    } catch (error) {
      if (!(error instanceof AddressSyntaxError)) throw error
      problems.push({
        node: node.name,
        text,
        message: `spec.podCIDRs of node ${node.name}: ${error.message}`,
      })
    }
  }
  return { cidrs: [...cidrs.values()], problems }
}
