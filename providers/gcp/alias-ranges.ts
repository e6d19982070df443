import { addressBits } from '../../net/address.ts'
import { type Cidr, cidrAround, compareCidrs, equalCidrs } from '../../net/cidr.ts'
import type { ObservedRoute, Target } from '../route.ts'
import { addressOnWire, cidrOnWire } from '../wire-addresses.ts'
import type { WireAliasRange, WireInstance, WireInterface } from './gce-api.ts'
import { addressesOf, everyInstance, mayBeLive } from './instances.ts'
import { readNetwork } from './network-routes.ts'
import type { ResourcePath } from './resource-names.ts'
import { type TargetFinder, interfacesIn, nextHopTo } from './targets.ts'

/**
 * What the network delivers to the interfaces of instances, as routes to these: their alias ranges, whoever made them. All
 * instances of the project are read, since Google can't be asked for alias ranges.
 * @throws ProviderError `not-found` if there is no such network
 */
export async function readAliasRoutes(
  finder: TargetFinder,
  network: ResourcePath,
  signal: AbortSignal,
): Promise<readonly ObservedRoute[]> {
  const [networks, instances] = await Promise.all([
    finder.networks(signal),
    everyInstance(finder.gce, finder.instanceProject, signal),
    readNetwork(finder.gce, network, signal),
  ])
  return instances
    .flatMap((instance) =>
      interfacesIn(instance, [network]).flatMap((nic) => {
        const target = nextHopTo(instance, nic, 4, networks)
        return target === undefined ? [] : aliasRoutesTo(nic, target, instance)
      }),
    )
    .sort((a, b) => compareCidrs(a.destination, b.destination))
}

/**
 * The alias ranges of an interface, and what of IPv6 Google's own allocator makes the podCIDR of its node. Those of IPv6
 * count for a Node that has them, and are never podway's: Google chooses them itself, so that none could be given back.
 */
export function aliasRoutesTo(
  nic: WireInterface,
  target: Target,
  instance: WireInstance,
): readonly ObservedRoute[] {
  const state = mayBeLive({ kind: 'instance', instance }) ? 'active' : 'blackhole'
  const observed =
    (origin: ObservedRoute['origin']) =>
    (destination: Cidr): ObservedRoute => ({ destination, target, state, origin })
  return [
    ...rangesOf(nic.aliasIpRanges).map(observed('static')),
    ...[...rangesOf(nic.aliasIpv6Ranges), ...podRangesOf(nic)].map(observed('local')),
  ]
}

const rangesOf = (aliases: readonly WireAliasRange[] = []): readonly Cidr[] =>
  aliases.flatMap((alias) => rangeOfAlias(alias) ?? [])

/** Undefined for what is none. A single address is written without a length. */
export function rangeOfAlias({ ipCidrRange: text = '' }: WireAliasRange): Cidr | undefined {
  if (text.includes('/')) return cidrOnWire(text)
  const address = addressOnWire(text)
  return address === undefined ? undefined : cidrAround(address, addressBits(address.family))
}

export const isAliasTo =
  (destination: Cidr) =>
  (alias: WireAliasRange): boolean => {
    const range = rangeOfAlias(alias)
    return range !== undefined && equalCidrs(range, destination)
  }

/**
 * An interface with IPv6 has a /96, and all of it is delivered there; Google's allocator (cloud_cidr_allocator.go) makes the
 * first /112 the podCIDR. Nobody can give or take it.
 */
const podRangesOf = (nic: WireInterface): readonly Cidr[] =>
  addressesOf(nic).flatMap((text) => {
    const address = addressOnWire(text)
    return address?.family === 6 ? [cidrAround(address, podBits)] : []
  })

const podBits = 112
