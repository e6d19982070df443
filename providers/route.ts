import { type Cidr, containsCidr } from '../net/cidr.ts'

/** What a route points at. Two targets are the same exactly if kind and id are. */
export interface Target {
  /**
   * `eni`: an AWS network interface · `instance`: a virtual machine, where the cloud names no interface · `address`: an
   * IP address of the node · `other`: anything that podway never writes (gateways, peerings, endpoints …).
   */
  readonly kind: 'eni' | 'instance' | 'address' | 'other'
  /** The cloud's own identifier (`eni-0abc…`, a self-link, an address in canonical text). */
  readonly id: string
}

/**
 * One routing domain that podway writes: an AWS route table, a Google network, an Azure route table, a kernel table; or
 * the network itself, of which a part is delegated to a target.
 */
export interface Table {
  readonly id: string
  /** What a person calls it, if the cloud has a name for it. */
  readonly name?: string
  /**
   * Which destinations belong there: those that lie inside of one of the ranges, or those that lie in none; all unless
   * told. Clouds route nothing that lies in a network's own ranges, and delegate nothing else: so both may be there at a
   * time, and each destination is where it can be.
   */
  readonly holds?: { readonly which: 'inside' | 'outside'; readonly ranges: readonly Cidr[] }
}

/** Whether the network delegates what is in the table. */
export const delegates = ({ holds }: Table): boolean => holds?.which === 'inside'

/** Whether a route to the destination is to be in the table. */
export function belongs({ holds }: Table, destination: Cidr): boolean {
  if (holds === undefined) return true
  const isInside = holds.ranges.some((range) => containsCidr(range, destination))
  return isInside === (holds.which === 'inside')
}

/** A route as podway wants it. */
export interface Route {
  readonly destination: Cidr
  readonly target: Target
}

/** A route as the cloud's API reports it. */
export interface ObservedRoute extends Route {
  /** `blackhole`: the target exists no more, or can't take packets now (a stopped instance). */
  readonly state: 'active' | 'blackhole'
  /** `static` routes can be changed by API; `local` and `propagated` ones belong to the cloud itself. */
  readonly origin: 'static' | 'local' | 'propagated'
  /**
   * Whether the cloud shows that this cluster's podway did not make it: not changed behind our back then, but another
   * one. Where a cloud's routes carry no mark: never. One that was adopted has none either.
   */
  readonly isForeign?: true
  /**
   * Whether it does not look as podway makes them, where a cloud's routes can be changed in place: it was adopted, or it is
   * somebody else's.
   */
  readonly isUnmarked?: true
  /**
   * Where a cloud keeps several static routes to one destination: the others that matter beside this one, each once. A
   * foreign one that shares is among them even where it leads to the same target.
   */
  readonly surplus?: readonly SurplusRoute[]
}

/** A route beside the one that is used first. */
export interface SurplusRoute {
  readonly target: Target
  /** It gets a part of the packets now. */
  readonly shares: boolean
  /** It carries podway's mark, for this cluster; a change of the destination takes it away. */
  readonly isMarked: boolean
}

export const sameTarget = (a: Target, b: Target): boolean => a.kind === b.kind && a.id === b.id

/** `eni/eni-0abc…`: for messages and keys. */
export const formatTarget = (target: Target): string => `${target.kind}/${target.id}`
