import { parseAddress } from '../../../net/address.ts'
import { containsAddress, parseCidr } from '../../../net/cidr.ts'
import { type FabricRoute, type FabricState, gatewaysOf } from '../fabric-state.ts'
import { hostCidr } from '../host-cidr.ts'
import type { RouteTable, UserRoute, VnetState } from './vnet-state.ts'

/**
 * How a virtual network of Azure routes:
 *
 * - a packet follows the table of the subnet of the NIC that it comes from: the user-defined routes of the table that the
 *   subnet is associated to, and the system's route to the network's own address space;
 * - the longest prefix counts, and of the same prefix the user-defined route, not the system's. So a route to a part of the
 *   network's own space takes those packets, neighbours of the same subnet included;
 * - what the network's own route takes is delivered to the NIC that has the address; a next hop `VirtualAppliance` to the
 *   NIC that has the next hop's address;
 * - a NIC without IP forwarding takes and sends only what is for and from its own addresses.
 *
 * Source: https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-udr-overview
 */
export function vnetFabric(state: VnetState): FabricState {
  const subnetOf = (id: string): VnetState['subnets'][number] | undefined =>
    state.subnets.find((subnet) => subnet.id === id)
  return {
    ports: state.nics.map((nic) => {
      const subnet = subnetOf(nic.subnetId)
      return {
        id: nic.id,
        addresses: nic.addresses,
        ranges: [],
        gateways: gatewaysOf(subnet?.prefixes ?? []),
        forwards: nic.enableIpForwarding,
        table: nic.isRunning && subnet !== undefined ? (subnet.tableId ?? systemTable.id) : undefined,
      }
    }),
    tables: [...state.tables, systemTable].map((table) => ({
      id: table.id,
      routes: routesOf(state, table),
    })),
  }
}

/** Of subnets that have no table. */
const systemTable: RouteTable = { id: 'system', routes: [] }

function routesOf({ addressSpace, nics }: VnetState, table: RouteTable): readonly FabricRoute[] {
  const hops = new Map<string, UserRoute['nextHop']>([
    ...addressSpace.map((prefix) => [prefix, { kind: 'vnet' }] as const),
    ...table.routes.map(({ nextHop, prefix }) => [prefix, nextHop] as const),
  ])
  const routes = new Map(
    [...hops].map(([prefix, hop]): [string, readonly string[]] => [
      prefix,
      hop.kind === 'appliance'
        ? nics.filter(({ addresses }) => addresses.includes(hop.address)).map(({ id }) => id)
        : [],
    ]),
  )
  for (const nic of nics)
    for (const address of nic.addresses)
      if (hopFor(address, hops)?.kind === 'vnet') routes.set(hostCidr(address), [nic.id])
  return [...routes].map(([destination, ports]) => ({ destination, ports }))
}

/** By the longest prefix. */
function hopFor(
  text: string,
  hops: ReadonlyMap<string, UserRoute['nextHop']>,
): UserRoute['nextHop'] | undefined {
  const address = parseAddress(text)
  const covering = [...hops]
    .map(([prefix, hop]) => ({ range: parseCidr(prefix), hop }))
    .filter(({ range }) => containsAddress(range, address))
  return covering.sort((a, b) => b.range.prefixLength - a.range.prefixLength)[0]?.hop
}
