import { type Address, formatAddress } from '../../../net/address.ts'
import { containsAddress, formatCidr, parseCidr } from '../../../net/cidr.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import { formatTarget } from '../../route.ts'
import { shortName } from '../doctor/picture.ts'
import { addressOf } from '../node-interfaces.ts'
import { machineOf } from '../resource-ids.ts'
import { type AzureWay, type WayInterface, type WayRoute, bestRoute, isInForce, owns } from './way.ts'

/** What the network does with the packet. Pure. */
export function judgeAzureWay(way: AzureWay): readonly Finding[] {
  const route = bestRoute(way)
  return [judgeSender(way), ...(route === undefined ? [judgeNoRoute(way)] : judgeRoute(way, route))]
}

function judgeRoute(way: AzureWay, route: WayRoute): readonly Finding[] {
  const { hop } = route
  if (hop.kind === 'other' && hop.id === 'VnetLocal') return [judgeNetworkRoute(way, route)]
  const object = objectOf(way)
  const text = `${follows(way)}, whose ${route.source === 'learnt' ? 'learnt ' : ''}route${route.name === undefined ? '' : ` ${route.name}`} to ${formatCidr(route.destination)} leads to ${formatTarget(hop)}`
  const inForce = route.source === 'table' ? isInForce(route, way) : true
  if (route.hasFailed === true || inForce === false)
    return [
      foundOnWay('CloudRouteNotInForce', {
        object,
        message: `${text}: ${route.hasFailed === true ? 'Azure has failed to put it into force' : `it is not among the effective routes of ${shortName(way.sender.nic.id)}`}.`,
      }),
    ]
  if (hop.kind === 'other' && hop.id === 'None')
    return [
      foundOnWay('CloudRouteDrops', {
        object,
        message: `${text}, which drops what is for ${formatAddress(way.destination)}.`,
        ...fixOf(way, route),
      }),
    ]
  return judgeHop(way, route, text)
}

function judgeHop(way: AzureWay, route: WayRoute, text: string): readonly Finding[] {
  const { destination, inForce, receiver } = way
  const object = objectOf(way)
  const aside =
    'unasked' in inForce ? ` (Whether it is in force could not be asked: ${inForce.unasked}.)` : ''
  if (receiver === undefined) return [foundOnWay('CloudRouteFound', { object, message: `${text}.${aside}` })]
  const address = addressOf(route.hop)
  const nic = receiver.nics.find((one) => address !== undefined && owns(one, address))
  if (nic === undefined) {
    // What leads everywhere leads to a gateway or a firewall: the route to the Node is what is missing.
    const isWide = route.destination.prefixLength === 0
    const its = receiver.nics.flatMap(({ own }) =>
      own.map(({ family, network }) => ({ family, value: network })),
    )
    const told = its.filter(({ family }) => family === destination.family).map(formatAddress)
    return [
      foundOnWay(isWide ? 'CloudRouteMissing' : 'CloudRouteElsewhere', {
        object,
        message: `${text}, and ${formatAddress(destination)} is on Node ${receiver.node} (${told.join(', ')}).`,
        ...(isWide ? {} : fixOf(way, route)),
      }),
    ]
  }
  if (!receiver.isRunning)
    return [
      foundOnWay('CloudRouteBlackhole', {
        object,
        message: `${text}, and the machine of Node ${receiver.node}, which has that address, does not run.`,
        fix: `az vm start --ids ${nic.machine ?? ''}`,
      }),
    ]
  return [
    foundOnWay('CloudRouteFound', {
      object,
      message: `${text}, which is ${shortName(nic.id)} of Node ${receiver.node}.${aside}`,
    }),
    judgeReceiver(receiver.node, nic, destination),
  ]
}

/** The network delivers an address of its own ranges by itself, to the interface that has it, and to no other. */
function judgeNetworkRoute(way: AzureWay, { destination: range, source }: WayRoute): Finding {
  const { destination, receiver } = way
  const object = objectOf(way)
  const to = formatAddress(destination)
  const holder = receiver?.nics.find((nic) => owns(nic, destination))
  const kind = source === 'network' ? 'the network’s own route' : 'a route (VnetLocal)'
  if (receiver === undefined || holder !== undefined)
    return foundOnWay('CloudRouteFound', {
      object,
      message: `${follows(way)}, and ${kind} to ${formatCidr(range)} delivers ${to}${holder === undefined ? '' : ` to ${shortName(holder.id)} of Node ${receiver?.node ?? ''}`}.`,
    })
  return foundOnWay('CloudRouteMissing', {
    object,
    message: `${follows(way)}, which has no route to ${to} but ${kind} to ${formatCidr(range)}, and ${to} belongs to no interface of Node ${receiver.node}.`,
    fix: fixOfMissing(way),
  })
}

function judgeNoRoute(way: AzureWay): Finding {
  const { destination, receiver, table } = way
  const object = objectOf(way)
  const to = formatAddress(destination)
  if (receiver === undefined && isPublic(destination))
    return foundOnWay('CloudRouteFound', {
      object,
      message: `${follows(way)}: ${to} is left to Azure’s own route to the Internet.`,
    })
  return foundOnWay('CloudRouteMissing', {
    object,
    message: `${follows(way)}${table === undefined ? `, and so no route to ${to}` : `, which has no route to ${to}`}.`,
    ...(receiver === undefined ? {} : { fix: fixOfMissing(way) }),
  })
}

const fixOfMissing = ({ sender, table }: AzureWay): string =>
  table === undefined
    ? `az network vnet subnet update --ids ${sender.nic.subnet ?? 'SUBNET'} --route-table TABLE, with the id of one of the cluster’s tables.`
    : `kubectl get noderoutes shows what the controller wants and did; if ${shortName(table.id)} is not one of the cluster’s tables, tag it or name it with --extra-route-table-ids.`

/** What is learnt can't be deleted, only kept away. */
function fixOf({ table }: AzureWay, { name = '', source }: WayRoute): { readonly fix?: string } {
  if (source === 'table' && table !== undefined)
    return {
      fix: `If the route is not podway’s and nobody needs it: az network route-table route delete --ids ${table.id}/routes/${name}`,
    }
  if (source !== 'learnt') return {}
  return {
    fix: `Look which gateway or route server announces the range${table === undefined ? '' : `, or: az network route-table update --ids ${table.id} --disable-bgp-route-propagation true`}`,
  }
}

function judgeSender({ sender: { nic, node }, source }: AzureWay): Finding {
  const object = { kind: 'network-interface', name: shortName(nic.id) }
  const name = `${shortName(nic.id)} of Node ${node}`
  if (owns(nic, source))
    return foundOnWay('SenderMayForward', { object, message: `${name} sends from its own address.` })
  if (nic.forwards)
    return foundOnWay('SenderMayForward', { object, message: `IP forwarding of ${name} is on.` })
  return foundOnWay('SenderMayNotForward', {
    object,
    message: `IP forwarding of ${name} is off: Azure drops what it sends from ${formatAddress(source)}.`,
    fix: forwardingOn(nic),
  })
}

function judgeReceiver(node: string, nic: WayInterface, destination: Address): Finding {
  const object = { kind: 'network-interface', name: shortName(nic.id) }
  const name = `${shortName(nic.id)} of Node ${node}`
  if (owns(nic, destination))
    return foundOnWay('ReceiverMayForward', {
      object,
      message: `${formatAddress(destination)} is an address of ${name} itself.`,
    })
  if (nic.forwards)
    return foundOnWay('ReceiverMayForward', { object, message: `IP forwarding of ${name} is on.` })
  return foundOnWay('ReceiverMayNotForward', {
    object,
    message: `IP forwarding of ${name} is off: Azure drops what is for ${formatAddress(destination)}.`,
    fix: forwardingOn(nic),
  })
}

function forwardingOn({ id, machine }: WayInterface): string {
  const set = machineOf(machine ?? '')?.scaleSet
  return set === undefined
    ? `az network nic update --ids ${id} --ip-forwarding true`
    : `Set enableIPForwarding in the network profile of the scale set ${shortName(set)}, and update its instances.`
}

function follows({ sender: { nic, node }, table }: AzureWay): string {
  const subnet = `The subnet ${nic.subnet === undefined ? 'unknown' : shortName(nic.subnet)} of Node ${node}`
  return table === undefined ? `${subnet} has no route table` : `${subnet} follows ${shortName(table.id)}`
}

const objectOf = ({ sender, table }: AzureWay): Finding['object'] =>
  table === undefined
    ? { kind: 'subnet', name: sender.nic.subnet === undefined ? 'unknown' : shortName(sender.nic.subnet) }
    : { kind: 'route-table', name: shortName(table.id) }

/** Azure's own routes drop these, unless the network has them (https://learn.microsoft.com/en-us/azure/virtual-network/virtual-networks-udr-overview). */
const dropped = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(parseCidr)

const isPublic = (address: Address): boolean => !dropped.some((range) => containsAddress(range, address))
