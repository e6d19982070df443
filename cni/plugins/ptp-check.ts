import { addressBits, compareAddresses } from '../../net/address.ts'
import { cidrAround, equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import { reservationFolder } from '../ipam/config.ts'
import { requireAllocation } from '../ipam/state.ts'
import { readStaticConfig, requireStaticAddresses } from '../ipam/static.ts'
import type { Link } from '../netlink/link.ts'
import { listAddresses, listRoutes } from '../netlink/listing.ts'
import { matchRoute } from '../netlink/lookup.ts'
import { type Route, mainTable } from '../netlink/route.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { type PreviousInterface, type PreviousResult, readPrevious } from '../spec/previous.ts'
import { type ResultRoute, formatInterfaceAddress } from '../spec/result.ts'
import { ownerOf } from './bandwidth.ts'
import { checkBandwidth } from './bandwidth-check.ts'
import { readBandwidth } from './bandwidth-config.ts'
import { ifbNames } from './ifb-name.ts'
import { missingMasquerade } from './masquerade-check.ts'
import { toMasqueradedAddresses } from './masquerade.ts'
import { readMasquerade } from './ptp-config.ts'
import { openSandbox } from './sandbox.ts'
import { masqueradeComment } from './veth-name.ts'

/**
 * CHECK: the reservation, the pod's interface, its addresses and routes are as the previous result says, and so is the
 * host's side, which upstream doesn't look at: the veth's end, the gateway's address on it, the route to the pod, the rules.
 *
 * @throws CniError naming the first thing that is missing, with upstream's texts where it has one
 */
export function check(call: Call): void {
  const { system, environment, config } = call
  const sandbox = openSandbox(system, environment)
  const previous = readPrevious(config.json)
  checkIpam(call, previous)
  if (previous === undefined) throw failure('ptp: Required prevResult missing')
  const ownIndex = previous.interfaces.findIndex(
    (one) => one.name === environment.ifName && one.sandbox === environment.netns,
  )
  const own = previous.interfaces[ownIndex]
  if (own === undefined)
    throw failure(`Sandbox in prevResult doesn't match configured netns: ${environment.netns}`)
  // Other plugins of the chain may have made interfaces too.
  const ips = previous.ips.filter((ip) => ip.interface === undefined || ip.interface === ownIndex)

  const pod = new Rtnetlink(system, sandbox.pod)
  const link = checkPodLink(pod, own)
  const present = new Set(
    listAddresses(pod)
      .filter(({ index }) => index === link.index)
      .map(({ text }) => text),
  )
  const podRoutes = listRoutes(pod)
  for (const { address } of ips) {
    const text = formatInterfaceAddress(address)
    if (!present.has(text)) throw failure(`Failed to match addr ${text} on interface ${own.name}`)
    const subnet = cidrAround(address.address, address.prefixLength)
    requireRoute(podRoutes, { dst: subnet })
  }
  for (const route of previous.routes) requireRoute(podRoutes, route)

  const host = new Rtnetlink(system)
  const hostEnd = checkHost(host, { interfaces: previous.interfaces, ips }, link)
  if (hostEnd !== undefined && !call.reference) checkLimits(call, host, hostEnd)
  checkMasquerade(call, ips)
}

/** Upstream doesn't look at its rules. */
function checkMasquerade(call: Call, leases: PreviousResult['ips']): void {
  const masquerade = readMasquerade(call)
  if (masquerade === undefined) return
  const { system, environment, config } = call
  const comment = masqueradeComment({ ...environment, network: config.name })
  const [missing] = missingMasquerade(system, toMasqueradedAddresses(leases, masquerade), comment)
  if (missing !== undefined) throw failure(`ptp: masquerading is not set up any more: ${missing}`)
}

function checkLimits(call: Call, host: Rtnetlink, hostEnd: Link): void {
  const bandwidth = readBandwidth(call)
  if (bandwidth === undefined) return
  const owner = ownerOf(call)
  checkBandwidth({ host, hostEnd, owner, names: ifbNames(owner), bandwidth })
}

function checkIpam(call: Call, previous: PreviousResult | undefined): void {
  const { system, environment, config } = call
  if (config.ipamType !== 'static') requireAllocation(system.files, reservationFolder(config), environment)
  else requireStaticAddresses(readStaticConfig(call), previous?.ips ?? [], environment.ifName)
}

function checkPodLink(pod: Rtnetlink, expected: PreviousInterface): Link {
  const link = pod.link(expected.name)
  if (link === undefined)
    throw failure(`ptp: Container Interface name in prevResult: ${expected.name} not found`)
  if (link.kind !== 'veth') throw failure(`Error: Container interface ${expected.name} not of type veth/p2p`)
  if (expected.mac !== undefined && expected.mac.toLowerCase() !== link.mac)
    throw failure(
      `ptp: Interface ${expected.name} Mac ${expected.mac} doesn't match container Mac: ${link.mac ?? ''}`,
    )
  if (!link.up) throw failure(`ptp: Interface ${expected.name} is down`)
  return link
}

/** A default route counts whatever its gateway is: plugins later in the chain may have changed it. */
function requireRoute(present: readonly Route[], { dst, gw, table }: ResultRoute): void {
  const found = present.some(
    (route) =>
      equalCidrs(route.destination, dst) &&
      route.table === (table ?? mainTable) &&
      (gw === undefined ||
        dst.prefixLength === 0 ||
        (route.gateway !== undefined && compareAddresses(route.gateway, gw) === 0)),
  )
  if (!found) throw failure(`Expected Route ${formatCidr(dst)} not found in routing table`)
}

/** The host's end; undefined if the previous result names none. */
function checkHost(
  host: Rtnetlink,
  { interfaces, ips }: Pick<PreviousResult, 'interfaces' | 'ips'>,
  podLink: Link,
): Link | undefined {
  const candidates = interfaces.filter((one) => one.sandbox === undefined)
  const [hostEnd] = candidates
  if (hostEnd === undefined) return undefined
  const link = candidates
    .map(({ name }) => host.link(name))
    .find((candidate) => candidate !== undefined && candidate.index === podLink.peerIndex)
  if (link === undefined)
    throw failure(`ptp: Host interface ${hostEnd.name} is not the other end of ${podLink.name}`)
  if (!link.up) throw failure(`ptp: Host interface ${link.name} is down`)
  const present = new Set(
    listAddresses(host)
      .filter(({ index }) => index === link.index)
      .map(({ text }) => text),
  )
  for (const { address, gateway } of ips) {
    const prefixLength = addressBits(address.address.family)
    if (gateway !== undefined) {
      const text = formatInterfaceAddress({ address: gateway, prefixLength })
      if (!present.has(text)) throw failure(`Failed to match addr ${text} on interface ${link.name}`)
    }
    const route = matchRoute(host, address.address)
    const destination = cidrAround(address.address, prefixLength)
    if (route?.index !== link.index || !equalCidrs(route.destination, destination))
      throw failure(`Expected Route ${formatCidr(destination)} dev ${link.name} not found in routing table`)
  }
  return link
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
