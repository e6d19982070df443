import { parseAddress } from '../../../net/address.ts'
import { type Cidr, containsCidr, parseCidr } from '../../../net/cidr.ts'
import { type FabricRoute, type FabricState, gatewaysOf } from '../fabric-state.ts'
import { hostCidr } from '../host-cidr.ts'
import { type NetworkState, type Nic, type StaticRoute, portOf } from './network-state.ts'

/**
 * How a VPC network of Google Cloud routes:
 *
 * - the network has one table, for all its subnets in all regions. A route with network tags is for the instances that have
 *   one of them, so senders differ by their tags and by nothing else;
 * - subnet ranges, primary and secondary, are delivered by subnet routes, to the interface that has the address or the
 *   alias range: no static route counts there. (Google refuses one, but in hybrid subnets, which the lab does not have.)
 * - of static routes the longest prefix counts, and of those to that very destination the lowest priority number among
 *   those whose instance runs; several of them share the connections (ECMP). If none runs, packets are dropped, whatever
 *   broader route there is;
 * - an instance without `canIpForward` sends only from its own addresses and alias ranges, and takes only what is for them.
 *
 * Sources: https://docs.cloud.google.com/vpc/docs/routes#routeselection,
 * https://docs.cloud.google.com/vpc/docs/static-routes#next-hop-vm-only, `canIpForward` in the API's discovery document.
 */
export function networkFabric(state: NetworkState): FabricState {
  const known = new Set(state.routes.flatMap(({ tags }) => tags))
  const audienceOf = (nic: Nic): readonly string[] => nic.tags.filter((tag) => known.has(tag)).sort()
  const audiences = new Map(state.nics.map(audienceOf).map((tags) => [tableOf(tags), tags]))
  return {
    ports: state.nics.map((nic) => ({
      id: portOf(nic),
      addresses: nic.addresses,
      ranges: nic.ranges,
      gateways: gatewaysOf(state.subnets.find(({ path }) => path === nic.subnet)?.ranges ?? []),
      forwards: nic.canIpForward,
      table: nic.isRunning ? tableOf(audienceOf(nic)) : undefined,
    })),
    tables: [...audiences].map(([id, tags]) => ({ id, routes: routesFor(state, tags) })),
  }
}

const tableOf = (tags: readonly string[]): string => ['network', ...tags].join(' ')

/** The routes for instances with these tags. */
function routesFor({ nics, routes, subnets }: NetworkState, tags: readonly string[]): readonly FabricRoute[] {
  const subnetRanges = subnets.flatMap(({ ranges, secondaryRanges }) => [...ranges, ...secondaryRanges])
  const local = subnetRanges.map(parseCidr)
  const isLocal = (range: Cidr): boolean => local.some((subnet) => containsCidr(subnet, range))
  const applicable = routes.filter(
    (route) =>
      !isLocal(parseCidr(route.destination)) &&
      (route.tags.length === 0 || route.tags.some((tag) => tags.includes(tag))),
  )
  return [
    ...[...Map.groupBy(applicable, ({ destination }) => destination)].map(([destination, its]) => ({
      destination,
      ports: chosenPorts(its, nics),
    })),
    ...subnetRanges.map((destination) => ({ destination, ports: [] })),
    ...nics.flatMap((nic) =>
      [...nic.addresses.map(hostCidr), ...nic.ranges].map((destination) => ({
        destination,
        ports: [portOf(nic)],
      })),
    ),
  ]
}

/** @param routes all to one destination */
function chosenPorts(routes: readonly StaticRoute[], nics: readonly Nic[]): readonly string[] {
  const usable = routes
    .map((route) => ({ ...route, nic: nicBehind(route, nics) }))
    .filter(({ nextHop, nic }) => nextHop.kind === 'other' || nic?.isRunning === true)
  const best = Math.min(...usable.map(({ priority }) => priority))
  const chosen = usable.filter(({ priority }) => priority === best)
  return [...new Set(chosen.flatMap(({ nic }) => (nic === undefined ? [] : [portOf(nic)])))]
}

/** An instance takes packets of a family only by an interface that has it. */
function nicBehind({ destination, nextHop }: StaticRoute, nics: readonly Nic[]): Nic | undefined {
  const { family } = parseCidr(destination)
  return nics.find((nic) => {
    switch (nextHop.kind) {
      case 'instance':
        return (
          nic.instance === nextHop.instance &&
          nic.addresses.some((address) => parseAddress(address).family === family)
        )
      case 'address':
        return nic.addresses.includes(nextHop.address)
      case 'other':
        return false
    }
  })
}
