import { formatAddress } from '../../../net/address.ts'
import { type Cidr, containsAddress, formatCidr } from '../../../net/cidr.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import type { ResourcePath } from '../resource-names.ts'
import { rangesOf } from '../subnets.ts'
import { type GcpWay, type WayInstance, type WayInterface, gcloudInstance, holderOf } from './gcp-way.ts'

/**
 * What becomes of a packet for an address in a subnet's range: it is delivered to the interface that has the address or the
 * alias range around it, whatever routes there are. Undefined where the range is no subnet's, or of a hybrid subnet whose
 * interfaces don't have the address: then routes count.
 */
export function judgeDelivery(way: GcpWay): readonly Finding[] | undefined {
  const place = subnetAround(way)
  if (place === undefined) return undefined
  const { destination, receiver, sender } = way
  const { network } = sender.nic
  const to = formatAddress(destination)
  const by = `${formatCidr(place.range)} is a range of ${place.subnet}: ${network} delivers ${to} by itself`
  const object = { kind: 'subnet', name: place.subnet }
  if (receiver === undefined)
    return place.isHybrid ? undefined : [foundOnWay('CloudRouteFound', { object, message: `${by}.` })]
  const { instance, node } = receiver
  const holder = holderOf(instance, network, destination)
  if (holder === undefined) return place.isHybrid ? undefined : [astray(way, place.subnet, by)]
  const at = `${rangeText(holder, way)} of ${holder.name} of ${instance.path}, of Node ${node}`
  if (!instance.isLive)
    return [
      foundOnWay('CloudRouteBlackhole', {
        object,
        message: `${by} to ${at}, which is ${instance.status}.`,
        fix: `gcloud compute instances start ${gcloudInstance(instance.path)}, or delete the Node.`,
      }),
    ]
  return [foundOnWay('CloudRouteFound', { object, message: `${by} to ${at}.` })]
}

/** Whether it takes all instances of the project to tell who has the address. */
export function isForAnother(way: Omit<GcpWay, 'others'>): boolean {
  const { destination, receiver, sender } = way
  const place = subnetAround(way)
  if (receiver === undefined || place === undefined || place.isHybrid) return false
  return holderOf(receiver.instance, sender.nic.network, destination) === undefined
}

/** It is the receiver's by what the cluster says, and not by what the cloud says. */
function astray(way: GcpWay, subnet: ResourcePath, by: string): Finding {
  const { destination, others, receiver, sender } = way
  const node = receiver?.node ?? ''
  const found = others?.flatMap((instance) => {
    const nic = holderOf(instance, sender.nic.network, destination)
    return nic === undefined ? [] : [{ instance, nic }]
  })[0]
  if (found !== undefined) return ofAnother(found, way, `${by} to`, node)
  const seen = others === undefined ? ', and whose else it is may not be read' : ', nor of another instance'
  return foundOnWay('CloudRouteMissing', {
    object: { kind: 'subnet', name: subnet },
    message: `${by}, and it is in no alias range of Node ${node} (${receiver?.instance.path ?? ''})${seen}.`,
    fix: `kubectl get noderoutes shows what the controller wants and did: the podCIDR has to be an alias range of the Node’s interface (--gcp-mode alias-ip), or to lie outside of all subnets’ ranges.`,
  })
}

function ofAnother(
  { instance, nic }: { readonly instance: WayInstance; readonly nic: WayInterface },
  way: GcpWay,
  by: string,
  node: string,
): Finding {
  return foundOnWay('CloudRouteElsewhere', {
    object: { kind: 'instance', name: instance.path },
    message: `${by} ${rangeText(nic, way)} of ${nic.name} of ${instance.path}, and the cluster has it on Node ${node}.`,
    // The command takes the list of those that remain: which, only who made them knows.
    fix: `Take the range from that instance (gcloud compute instances network-interfaces update ${gcloudInstance(instance.path)} --network-interface ${nic.name} --aliases with those that remain), or delete the Node and let it join anew.`,
  })
}

function rangeText({ own }: WayInterface, { destination }: GcpWay): string {
  const range = own.find((one) => containsAddress(one, destination))
  if (range === undefined) return 'the address'
  const bits = range.family === 4 ? 32 : 128
  return range.prefixLength === bits ? `the address ${formatAddress(destination)}` : formatCidr(range)
}

interface SubnetAround {
  readonly subnet: ResourcePath
  readonly range: Cidr
  readonly isHybrid: boolean
}

/** Ranges of subnets of one network don't overlap. */
function subnetAround({ destination, subnets }: Pick<GcpWay, 'subnets' | 'destination'>) {
  return subnets.flatMap((subnet): SubnetAround[] =>
    rangesOf(subnet)
      .filter((range) => containsAddress(range, destination))
      .map((range) => ({ subnet: subnet.path, range, isHybrid: subnet.isHybrid })),
  )[0]
}
