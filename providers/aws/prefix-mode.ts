import type { Cidr } from '../../net/cidr.ts'
import { addressBits } from '../../net/address.ts'
import { cidrAround, compareCidrs, firstAddress, lastAddress } from '../../net/cidr.ts'
import { type NodePool, type NodeView, type TargetProblem, isTargetProblem } from '../provider.ts'
import type { Table } from '../route.ts'
import type { NodePlaces } from '../node-places.ts'
import { type Subnet, prefixReservations, subnetsOfVpcs } from './subnets.ts'
import { wireRange } from './wire-range.ts'
import { type FoundInterface, type TargetFinder, findInterfaces, nothingKnown } from './targets.ts'

/** The only size that there is: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html */
const prefixLength = 80

/** How long reservations are taken for what they were, in milliseconds: a burst of nodes asks once. */
const reservationsMs = 60_000

export interface PrefixModeOptions {
  readonly finder: TargetFinder
  readonly places: NodePlaces
  readonly clock: { monotonic(): number }
}

/** What is a VPC's name is no route table's. */
export const isVpc = ({ id }: Pick<Table, 'id'>): boolean => id.startsWith('vpc-')

/**
 * Each node's IPv6 podCIDR is a prefix that the VPC delegates to its interface. The VPC is a table for that: the prefixes
 * of its interfaces are its routes, and all that lies in its subnets' IPv6 ranges belongs there, and nowhere else.
 */
export class PrefixMode {
  readonly #options: PrefixModeOptions
  /** Of the VPCs that were ever seen: that the last node goes is no reason to forget what it had. */
  #vpcs: ReadonlySet<string> = new Set()
  /** By id: as they were when the tables were last looked for. */
  #subnets: ReadonlyMap<string, Subnet> = new Map()
  readonly #reservations = new Map<string, { readonly at: number; readonly ranges: readonly Cidr[] }>()

  constructor(options: PrefixModeOptions) {
    this.#options = options
  }

  /**
   * The VPCs, and the route tables for what is left to them. None as long as no VPC is known: where the prefixes are would
   * count as a table that is no longer configured.
   */
  async tables(
    routeTables: readonly Table[],
    vpcs: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Table[]> {
    const all = this.#vpcs.union(new Set(vpcs))
    if (all.size === 0) return []
    const subnets = await subnetsOfVpcs(this.#options.finder.ec2, [...all], signal)
    this.#vpcs = all
    this.#subnets = new Map(subnets.map((subnet) => [subnet.id, subnet]))
    const rangesIn = (vpcId: string): readonly Cidr[] =>
      subnets.filter((subnet) => subnet.vpcId === vpcId).flatMap(({ ranges }) => ranges)
    const ranges = subnets.flatMap((subnet) => subnet.ranges)
    return [
      ...routeTables.map((table): Table => ({ ...table, holds: { which: 'outside', ranges } })),
      ...[...all].map((id): Table => ({ id, holds: { which: 'inside', ranges: rangesIn(id) } })),
    ].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Whether {@link tables} would find others, by what was learnt of nodes since. */
  get outdated(): boolean {
    const { places } = this.#options
    return !places.vpcs.isSubsetOf(this.#vpcs) || !places.subnets.isSubsetOf(new Set(this.#subnets.keys()))
  }

  /** See `RouteProvider.pools`. A subnet is asked for once, however many nodes are in it. */
  async pools(
    nodes: readonly NodeView[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NodePool | TargetProblem>> {
    const { ec2 } = this.#options.finder
    const found = await findInterfaces(this.#options.finder, nodes, signal)
    const interfaces = [...found.values()].filter((one): one is FoundInterface => !isTargetProblem(one))
    const ids = new Set(interfaces.flatMap(({ eni }) => eni.SubnetId ?? []))
    const subnets = await this.#subnetsById(ids, interfaces, signal)
    const reservations = new Map<string, readonly Cidr[]>()
    for (const id of ids) {
      const known = this.#reservations.get(id)
      const now = this.#options.clock.monotonic()
      const ranges =
        known !== undefined && known.ranges.length > 0 && now - known.at < reservationsMs
          ? known.ranges
          : await prefixReservations(ec2, id, signal)
      if (ranges !== known?.ranges) this.#reservations.set(id, { at: now, ranges })
      reservations.set(id, ranges)
    }
    return new Map(
      nodes.map(({ name }) => {
        const one = found.get(name) ?? nothingKnown
        if (isTargetProblem(one)) return [name, one]
        const subnetId = one.eni.SubnetId ?? ''
        return [name, poolOf(one, subnetId, subnets.get(subnetId), reservations.get(subnetId) ?? [])]
      }),
    )
  }

  async #subnetsById(
    ids: ReadonlySet<string>,
    interfaces: readonly FoundInterface[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Subnet>> {
    if (ids.isSubsetOf(new Set(this.#subnets.keys()))) return this.#subnets
    const vpcs = new Set(interfaces.flatMap(({ eni }) => eni.VpcId ?? []))
    const subnets = await subnetsOfVpcs(this.#options.finder.ec2, [...vpcs], signal)
    return new Map(subnets.map((subnet) => [subnet.id, subnet]))
  }
}

function poolOf(
  { eni, target }: FoundInterface,
  subnetId: string,
  subnet: Subnet | undefined,
  reservations: readonly Cidr[],
): NodePool | TargetProblem {
  const assigned = (eni.Ipv6Prefixes ?? [])
    .flatMap(({ Ipv6Prefix }) => wireRange(Ipv6Prefix) ?? [])
    .filter((prefix) => prefix.prefixLength === prefixLength)
    .sort(compareCidrs)
  const ranges = reservations.filter((range) => range.prefixLength <= prefixLength)
  if (assigned.length === 0 && ranges.length === 0) {
    const message =
      subnet?.ranges.length === 0
        ? `subnet ${subnetId} of ${target.id} has no IPv6 range: give it one, and reserve a part of it for prefixes`
        : `subnet ${subnetId} of ${target.id} has no reservation for IPv6 prefixes: make one with aws ec2 create-subnet-cidr-reservation --subnet-id ${subnetId} --reservation-type prefix --cidr RANGE`
    return { problem: 'invalid', message }
  }
  return { family: 6, prefixLength, ranges, reserved: (subnet?.ranges ?? []).flatMap(keptByVpc), assigned }
}

/**
 * The first four addresses of a subnet, and the last one.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
 */
const keptByVpc = (range: Cidr): readonly Cidr[] => [
  cidrAround(firstAddress(range), addressBits(range.family) - 2),
  cidrAround(lastAddress(range), addressBits(range.family)),
]
