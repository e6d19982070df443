import { cidrAround, equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import type { Link } from '../netlink/link.ts'
import { type LinkDetails, linkDetails } from '../netlink/link-details.ts'
import { listAddresses } from '../netlink/listing.ts'
import { matchRoute } from '../netlink/lookup.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { type PreviousInterface, type PreviousResult, readPrevious } from '../spec/previous.ts'
import { formatInterfaceAddress } from '../spec/result.ts'
import { type BridgeConfig, readBridgeConfig } from './bridge-config.ts'
import { checkLimits } from './limits-check.ts'
import { checkMacGuard } from './mac-guard.ts'
import { checkMasquerade } from './masquerade-check.ts'
import { checkAddresses, checkIpam, failure, ownPartOf } from './pod-check.ts'
import { check as checkPorts } from './portmap-check.ts'
import { openSandbox } from './sandbox.ts'

/**
 * CHECK: the reservation, the bridge, the pair and what the pod has are as the previous result says; and so are the
 * gateway's addresses and the rules, which upstream doesn't look at.
 *
 * @throws CniError naming the first thing that is missing, with upstream's texts where it has one
 */
export function check(call: Call): void {
  const { system, environment, config } = call
  const wanted = readBridgeConfig(call)
  const sandbox = openSandbox(system, environment)
  const previous = readPrevious(config.json)
  if (wanted.hasIpam) checkIpam(call, previous)
  if (previous === undefined) throw failure('Required prevResult missing')

  const host = new Rtnetlink(system)
  const bridge = checkBridge(host, previous, wanted)
  const { own, ips } = ownPartOf(
    previous,
    call,
    (netns) => `Sandbox in prevResult  doesn't match configured netns: ${netns}`,
  )
  const pod = new Rtnetlink(system, sandbox.pod)
  const link = checkPodLink(pod, own)
  const port = checkPort(host, { bridge, link, previous, own })
  checkAddresses(pod, link, { ips, routes: previous.routes })
  if (wanted.isGateway) checkGateways(host, gatewayLink(host, bridge, wanted), ips)
  checkLimits(call, host, port)
  checkMasquerade(call, ips, 'bridge')
  if (!call.reference) checkPorts(call)
  if (wanted.checksMac) checkMacGuard(system, { ...environment, network: config.name }, port.index)
}

function checkBridge(host: Rtnetlink, { interfaces }: PreviousResult, wanted: BridgeConfig): LinkDetails {
  const expected = interfaces.find(({ name }) => name === wanted.bridge)
  if (expected === undefined) throw failure('Interface name missing ')
  const { name, mac } = expected
  const link = linkDetails(host, name)
  if (link === undefined) throw failure(`Interface name ${name} not found`)
  if (expected.sandbox !== undefined) throw failure(`Interface ${name} should not be in sandbox`)
  if (link.kind !== 'bridge') throw failure(`Interface ${name} does not have link type of bridge`)
  if (mac !== undefined && mac.toLowerCase() !== link.mac)
    throw failure(`Bridge interface ${name} Mac doesn't match: ${mac}`)
  if (link.isPromiscuous !== wanted.promiscuous)
    throw failure(
      `Bridge interface ${name} configured Promisc Mode ${wanted.promiscuous} doesn't match current state: ${link.isPromiscuous} `,
    )
  if (!link.up) throw failure(`Bridge interface ${name} is down`)
  return link
}

function checkPodLink(pod: Rtnetlink, { name, mac }: PreviousInterface): Link {
  const link = pod.link(name)
  if (link === undefined) throw failure(`Interface name ${name} not found`)
  if (link.kind !== 'veth') throw failure(`Error: Container interface ${name} not of type veth`)
  if (mac !== undefined && mac.toLowerCase() !== link.mac)
    throw failure(`Interface ${name} Mac ${mac} doesn't match container Mac: ${link.mac ?? ''}`)
  return link
}

/** One of the result's interfaces is the other end of the pair, and a port of the bridge. */
function checkPort(
  host: Rtnetlink,
  {
    bridge,
    link,
    previous,
    own,
  }: {
    readonly bridge: LinkDetails
    readonly link: Link
    readonly previous: PreviousResult
    readonly own: PreviousInterface
  },
): Link {
  for (const { name, mac, sandbox } of previous.interfaces) {
    if (name === bridge.name || name === own.name) continue
    const port = linkDetails(host, name)
    if (port === undefined) throw failure(`Interface name ${name} not found`)
    if (sandbox !== undefined) throw failure(`Interface ${name} should not be in sandbox`)
    if (port.kind !== 'veth') continue
    if (port.index !== link.peerIndex || link.index !== port.peerIndex) continue
    if (port.master !== bridge.index) continue
    if (mac !== undefined && mac.toLowerCase() !== port.mac)
      throw failure(`Interface ${name} Mac doesn't match: ${mac} not found`)
    return port
  }
  throw failure(`CNI veth created for bridge ${bridge.name} was not found`)
}

/** The machine's own interface among the pods. */
function gatewayLink(host: Rtnetlink, bridge: Link, { vlans }: BridgeConfig): Link {
  if (vlans?.access === undefined) return bridge
  const name = `${bridge.name}.${vlans.access}`
  const link = host.link(name)
  if (link === undefined) throw failure(`Interface name ${name} not found`)
  return link
}

function checkGateways(host: Rtnetlink, bridge: Link, ips: PreviousResult['ips']): void {
  const present = new Set(
    listAddresses(host)
      .filter(({ index }) => index === bridge.index)
      .map(({ text }) => text),
  )
  for (const { address, gateway } of ips) {
    const { prefixLength } = address
    if (gateway === undefined) continue
    const text = formatInterfaceAddress({ address: gateway, prefixLength })
    if (!present.has(text)) throw failure(`Failed to match addr ${text} on interface ${bridge.name}`)
    const subnet = cidrAround(address.address, prefixLength)
    const route = matchRoute(host, address.address)
    if (route?.index !== bridge.index || !equalCidrs(route.destination, subnet))
      throw failure(`Expected Route ${formatCidr(subnet)} dev ${bridge.name} not found in routing table`)
  }
}
