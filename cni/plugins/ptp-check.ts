import { addressBits } from '../../net/address.ts'
import { cidrAround, equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { Call } from '../call.ts'
import type { Link } from '../netlink/link.ts'
import { listAddresses } from '../netlink/listing.ts'
import { matchRoute } from '../netlink/lookup.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { type PreviousInterface, type PreviousResult, readPrevious } from '../spec/previous.ts'
import { formatInterfaceAddress } from '../spec/result.ts'
import { checkLimits } from './limits-check.ts'
import { checkMasquerade } from './masquerade-check.ts'
import { checkAddresses, checkIpam, failure, ownPartOf } from './pod-check.ts'
import { check as checkPorts } from './portmap-check.ts'
import { openSandbox } from './sandbox.ts'

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
  const { own, ips } = ownPartOf(
    previous,
    call,
    (netns) => `Sandbox in prevResult doesn't match configured netns: ${netns}`,
  )
  const pod = new Rtnetlink(system, sandbox.pod)
  const link = checkPodLink(pod, own)
  checkAddresses(pod, link, { ips, routes: previous.routes })

  const host = new Rtnetlink(system)
  const hostEnd = checkHost(host, { interfaces: previous.interfaces, ips }, link)
  if (hostEnd !== undefined) checkLimits(call, host, hostEnd)
  checkMasquerade(call, ips, 'ptp')
  if (!call.reference) checkPorts(call)
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
