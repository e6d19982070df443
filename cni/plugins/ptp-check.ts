import { type Address, addressBits, compareAddresses } from '../../net/address.ts'
import { cidrAround, equalCidrs, formatCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { readRoute, reservationFolder } from '../ipam/config.ts'
import { requireAllocation } from '../ipam/host-local.ts'
import type { Link } from '../netlink/link.ts'
import { type Route, mainTable } from '../netlink/route.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import {
  type JsonObject,
  inField,
  optionalAddress,
  optionalArray,
  optionalObject,
  optionalString,
  requireObject,
  requireString,
} from '../spec/json.ts'
import { type ResultRoute, formatInterfaceAddress } from '../spec/result.ts'
import type { Call } from '../call.ts'
import { openSandbox } from './sandbox.ts'

/**
 * CHECK: the reservation, the pod's interface, its addresses and routes are as the previous result says, and so is the
 * host's side, which upstream doesn't look at: the veth's end, the gateway's address on it, and the route to the pod.
 *
 * @throws CniError naming the first thing that is missing, with upstream's texts where it has one
 */
export function check(call: Call): void {
  const { system, environment, config } = call
  const sandbox = openSandbox(system, environment)
  requireAllocation(system.files, reservationFolder(config), environment)
  const previous = readPrevious(config.json)
  const own = previous.interfaces.find(
    (one) => one.name === environment.ifName && one.sandbox === environment.netns,
  )
  if (own === undefined)
    throw failure(`Sandbox in prevResult doesn't match configured netns: ${environment.netns}`)

  const pod = new Rtnetlink(system, sandbox.pod)
  const link = checkPodLink(pod, own)
  const present = new Set(
    pod
      .addresses()
      .filter(({ index }) => index === link.index)
      .map(({ text }) => text),
  )
  const podRoutes = pod.routes()
  for (const { address } of previous.ips) {
    const text = formatInterfaceAddress(address)
    if (!present.has(text)) throw failure(`Failed to match addr ${text} on interface ${own.name}`)
    const subnet = cidrAround(address.address, address.prefixLength)
    requireRoute(podRoutes, { dst: subnet })
  }
  for (const route of previous.routes) requireRoute(podRoutes, route)

  checkHost(new Rtnetlink(system), previous, link)
}

interface Previous {
  readonly interfaces: readonly {
    readonly name: string
    readonly mac: string | undefined
    readonly sandbox: string | undefined
  }[]
  readonly ips: readonly {
    readonly address: ReturnType<typeof parseInterfaceAddress>
    readonly gateway: Address | undefined
  }[]
  readonly routes: readonly ResultRoute[]
}

/** Reads `prevResult`, which has the same shape in all versions that have CHECK. */
function readPrevious(json: JsonObject): Previous {
  const result = optionalObject(json, 'prevResult', 'prevResult')
  if (result === undefined) throw failure('ptp: Required prevResult missing')
  const list = <T>(key: string, read: (entry: JsonObject, where: string) => T): readonly T[] =>
    (optionalArray(result, key, `prevResult.${key}`) ?? []).map((entry, i) => {
      const where = `prevResult.${key}[${i}]`
      return read(requireObject(entry, where), where)
    })
  return {
    interfaces: list('interfaces', (entry, where) => ({
      name: requireString(entry.name, `${where}.name`),
      mac: optionalString(entry, 'mac', `${where}.mac`),
      sandbox: optionalString(entry, 'sandbox', `${where}.sandbox`),
    })),
    ips: list('ips', (entry, where) => {
      const text = requireString(entry.address, `${where}.address`)
      return {
        address: inField(`${where}.address`, () => parseInterfaceAddress(text)),
        gateway: optionalAddress(entry, 'gateway', `${where}.gateway`),
      }
    }),
    routes: list('routes', readRoute),
  }
}

function checkPodLink(pod: Rtnetlink, expected: Previous['interfaces'][number]): Link {
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

function checkHost(host: Rtnetlink, previous: Previous, podLink: Link): void {
  const hostEnd = previous.interfaces.find((one) => one.sandbox === undefined)
  if (hostEnd === undefined) return
  const link = host.link(hostEnd.name)
  if (link === undefined || link.index !== podLink.peerIndex)
    throw failure(`ptp: Host interface ${hostEnd.name} is not the other end of ${podLink.name}`)
  if (!link.up) throw failure(`ptp: Host interface ${hostEnd.name} is down`)
  const present = new Set(
    host
      .addresses()
      .filter(({ index }) => index === link.index)
      .map(({ text }) => text),
  )
  for (const { address, gateway } of previous.ips) {
    const prefixLength = addressBits(address.address.family)
    if (gateway !== undefined) {
      const text = formatInterfaceAddress({ address: gateway, prefixLength })
      if (!present.has(text)) throw failure(`Failed to match addr ${text} on interface ${hostEnd.name}`)
    }
    const route = host.matchRoute(address.address)
    const destination = cidrAround(address.address, prefixLength)
    if (route?.index !== link.index || !equalCidrs(route.destination, destination))
      throw failure(
        `Expected Route ${formatCidr(destination)} dev ${hostEnd.name} not found in routing table`,
      )
  }
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
