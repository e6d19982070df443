import { type Address, formatAddress } from '../../../net/address.ts'
import { type Cidr, containsAddress, formatCidr } from '../../../net/cidr.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import { type ObservedRoute, formatTarget } from '../../route.ts'
import { type RouteTable, rangesOfVpc } from '../route-table.ts'

/** A network interface, as far as packets care. */
export interface WayInterface {
  readonly id: string
  readonly mac: string | undefined
  readonly subnetId: string | undefined
  /** Undefined: EC2 does not say. */
  readonly sourceDestCheck: boolean | undefined
  /** Its own addresses, and the ranges that the VPC delegates to it. */
  readonly own: readonly Cidr[]
  readonly isPrimary: boolean
}

/** A packet in the VPC, and all that decides about it. */
export interface AwsWay {
  readonly source: Address
  readonly destination: Address
  /** Where it leaves its Node. */
  readonly sender: { readonly node: string; readonly eni: WayInterface }
  /** The table that the sender's subnet follows; undefined: there is none. */
  readonly table: RouteTable | undefined
  /** Of the destination's Node; undefined: it is on none, or its instance is not known. */
  readonly receiver: { readonly node: string; readonly enis: readonly WayInterface[] } | undefined
}

/** What the VPC does with the packet. Pure. */
export function judgeAwsWay(way: AwsWay): readonly Finding[] {
  const { destination, receiver, sender, source, table } = way
  const first = judgeSender(sender, source)
  const from = `${sender.eni.subnetId ?? 'its subnet'}, the subnet of Node ${sender.node},`
  if (table === undefined)
    return [
      first,
      foundOnWay('CloudRouteMissing', {
        object: { kind: 'subnet', name: sender.eni.subnetId ?? 'unknown' },
        message: `${from} follows no route table that can be seen.`,
      }),
    ]
  const object = { kind: 'route-table', name: table.id }
  const to = formatAddress(destination)
  const follows = `${from} follows ${table.id}${table.isMain ? ', the main table' : ''}`
  // The VPC delivers its own ranges itself, to whoever has the address.
  if (rangesOfVpc(table).some((range) => containsAddress(range, destination))) {
    const holder = receiver?.enis.find((eni) => owns(eni, destination))
    if (receiver === undefined || holder !== undefined)
      return [
        first,
        foundOnWay('CloudRouteFound', {
          object,
          message: `${follows}, whose local route delivers ${to}${holder === undefined ? '' : ` to ${holder.id} of Node ${receiver?.node ?? ''}`}.`,
        }),
      ]
    return [
      first,
      foundOnWay('CloudRouteElsewhere', {
        object,
        message: `${to} lies in a range of the VPC, which delivers it by itself, whatever routes there are: and it belongs to no interface of Node ${receiver.node}.`,
        fix: 'Give pods ranges outside of the VPC’s, or delegate the prefix to the Node’s interface (--aws-mode ipv6-prefix).',
      }),
    ]
  }
  const route = bestRoute(table, destination)
  if (route === undefined)
    return [
      first,
      foundOnWay('CloudRouteMissing', {
        object,
        message: `${follows}, which has no route to ${to}.`,
        ...(receiver === undefined
          ? {}
          : {
              fix: `kubectl get noderoutes shows what the controller wants and did; if ${table.id} is not one of the cluster’s tables, tag it or name it with --extra-route-table-ids.`,
            }),
      }),
    ]
  return [first, ...judgeRoute(way, table, route, follows)]
}

function judgeRoute(
  { destination, receiver }: AwsWay,
  table: RouteTable,
  route: ObservedRoute,
  follows: string,
): readonly Finding[] {
  const object = { kind: 'route-table', name: table.id }
  const text = `${follows}, whose route to ${formatCidr(route.destination)} leads to ${formatTarget(route.target)}`
  if (route.state === 'blackhole')
    return [
      foundOnWay('CloudRouteBlackhole', {
        object,
        message: `${text}, and is a blackhole: the interface is gone, or its instance does not run.`,
      }),
    ]
  if (receiver === undefined) return [foundOnWay('CloudRouteFound', { object, message: `${text}.` })]
  const eni = receiver.enis.find(({ id }) => id === route.target.id)
  if (eni === undefined) {
    const flag = route.destination.family === 4 ? '--destination-cidr-block' : '--destination-ipv6-cidr-block'
    // What leads to a gateway leads everywhere: the route to the Node is what is missing.
    const isWide = route.target.kind === 'other'
    return [
      foundOnWay(isWide ? 'CloudRouteMissing' : 'CloudRouteElsewhere', {
        object,
        message: `${text}, and ${formatAddress(destination)} is on Node ${receiver.node} (${receiver.enis.map(({ id }) => id).join(', ')}).`,
        ...(isWide
          ? {}
          : {
              fix: `If the route is not podway’s and nobody needs it: aws ec2 delete-route --route-table-id ${table.id} ${flag} ${formatCidr(route.destination)}`,
            }),
      }),
    ]
  }
  return [
    foundOnWay('CloudRouteFound', { object, message: `${text}, of Node ${receiver.node}.` }),
    judgeReceiver(receiver.node, eni, destination),
  ]
}

function judgeSender({ eni, node }: AwsWay['sender'], source: Address): Finding {
  const object = { kind: 'network-interface', name: eni.id }
  if (owns(eni, source))
    return foundOnWay('SenderMayForward', {
      object,
      message: `${eni.id} of Node ${node} sends from its own address.`,
    })
  if (eni.sourceDestCheck === true)
    return foundOnWay('SenderMayNotForward', {
      object,
      message: `The source/destination check of ${eni.id} of Node ${node} is on: it drops what comes from ${formatAddress(source)}.`,
      fix: checkOff(eni),
    })
  return foundOnWay('SenderMayForward', {
    object,
    message: `The source/destination check of ${eni.id} of Node ${node} is off.`,
  })
}

function judgeReceiver(node: string, eni: WayInterface, destination: Address): Finding {
  const object = { kind: 'network-interface', name: eni.id }
  if (eni.sourceDestCheck === true && !owns(eni, destination))
    return foundOnWay('ReceiverMayNotForward', {
      object,
      message: `The source/destination check of ${eni.id} of Node ${node} is on: it drops what is for ${formatAddress(destination)}.`,
      fix: checkOff(eni),
    })
  return foundOnWay('ReceiverMayForward', {
    object,
    message: `The source/destination check of ${eni.id} of Node ${node} is off.`,
  })
}

const checkOff = ({ id }: WayInterface): string =>
  `aws ec2 modify-network-interface-attribute --network-interface-id ${id} --no-source-dest-check`

const owns = ({ own }: WayInterface, address: Address): boolean =>
  own.some((range) => containsAddress(range, address))

/** The most specific one counts. */
const bestRoute = ({ routes }: RouteTable, destination: Address): ObservedRoute | undefined =>
  routes
    .filter((route) => containsAddress(route.destination, destination))
    .toSorted((a, b) => b.destination.prefixLength - a.destination.prefixLength)[0]
