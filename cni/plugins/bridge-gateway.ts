import type { Address } from '../../net/address.ts'
import {
  type InterfaceAddress,
  cidrAround,
  containsAddress,
  equalCidrs,
  firstAddress,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
} from '../../net/cidr.ts'
import { setHardwareAddress } from '../netlink/bridge.ts'
import type { Request } from '../netlink/connection.ts'
import { isOpError } from '../netlink/error.ts'
import type { Link } from '../netlink/link.ts'
import { listAddresses } from '../netlink/listing.ts'
import { matchRoute } from '../netlink/lookup.ts'
import { addOnLinkAddress, deleteAddress } from '../netlink/on-link-address.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { parseMac } from '../spec/mac.ts'
import { formatInterfaceAddress } from '../spec/result.ts'
import { Errno, type Files } from '../sys.ts'
import { changeWithIpv6 } from './enabling-ipv6.ts'
import { setSysctl } from './sysctl.ts'

/** The first address of the subnet. */
export function firstOfSubnet({ address, prefixLength }: InterfaceAddress): Address {
  const { family, value } = firstAddress(cidrAround(address, prefixLength))
  return { family, value: value + 1n }
}

/** The interface that pods have for their gateway. */
export interface GatewayLink extends Pick<Link, 'index' | 'name'> {
  /** It was made a moment ago, with a hardware address that stays. */
  readonly isNew: boolean
}

/** What the bridge shall have. */
interface Wanted {
  readonly link: GatewayLink
  readonly gateway: InterfaceAddress
  /** An address that it is for. */
  readonly pod: Address
  /** What is in the way goes, instead of being an error. */
  readonly force: boolean
}

const linkLocal = parseCidr('fe80::/10')

/**
 * Gives the bridge the gateway's address, with the pods' prefix length, unless it has it. Two look-ups say so, and nothing
 * is listed.
 *
 * Addresses of IPv6 may stand beside one another as long as their subnets don't overlap. Any other one is in the way.
 *
 * @throws CniError "internal" (999), with upstream's text
 */
export function ensureGateway(files: Files, host: Rtnetlink, request: Wanted): void {
  const { link, gateway, force } = request
  if (!link.isNew && isThere(host, request)) return
  const present = link.isNew ? [] : addressesOf(host, link.index)
  const text = formatInterfaceAddress(gateway)
  if (present.some((address) => formatInterfaceAddress(address) === text)) return
  const inTheWay = present.filter((address) => isInTheWay(address, gateway))
  if (inTheWay.length > 0 && !force)
    throw new CniError(
      ErrorCode.internal,
      `failed to set bridge addr: ${JSON.stringify(link.name)} already has an IP address different from ${text}`,
    )
  const changes = [
    ...inTheWay.map((address) => deleteAddress(link.index, address)),
    addOnLinkAddress(link.index, gateway, { detectDuplicates: false }),
    ...(link.isNew ? [] : keepHardwareAddress(host, link)),
  ]
  try {
    changeWithIpv6(host, changes, () => setSysctl(files, `ipv6/conf/${link.name}/disable_ipv6`, '0'))
  } catch (error) {
    // Another pod's ADD was faster. The way to the pod comes a moment after the address.
    const isThereNow = (): boolean => addressesOf(host, link.index).map(formatInterfaceAddress).includes(text)
    if (!isOpError(error, Errno.EEXIST) || !isThereNow()) throw error
  }
}

/**
 * A bridge that nobody has told takes the lowest hardware address of its ports: pods would lose their gateway with a pod.
 * It is looked at now, for it may just have got its first port.
 */
function keepHardwareAddress(host: Rtnetlink, { index, name }: GatewayLink): readonly Request[] {
  const mac = host.link(index)?.mac
  return mac === undefined ? [] : [setHardwareAddress(index, parseMac(mac, name))]
}

/** The address is the machine's own by that link, and so is the way to the pod. */
function isThere(host: Rtnetlink, { link, gateway, pod }: Wanted): boolean {
  const own = matchRoute(host, gateway.address)
  if (own?.isLocal !== true || own.index !== link.index) return false
  const route = matchRoute(host, pod)
  const subnet = cidrAround(gateway.address, gateway.prefixLength)
  return route?.index === link.index && equalCidrs(route.destination, subnet)
}

/** The kernel's own link-local ones are in nobody's way. */
const addressesOf = (host: Rtnetlink, index: number): readonly InterfaceAddress[] =>
  listAddresses(host)
    .filter((address) => address.index === index)
    .map(({ text }) => parseInterfaceAddress(text))
    .filter(({ address }) => !containsAddress(linkLocal, address))

function isInTheWay(present: InterfaceAddress, gateway: InterfaceAddress): boolean {
  if (present.address.family !== gateway.address.family) return false
  const [a, b] = [present, gateway].map(({ address, prefixLength }) => cidrAround(address, prefixLength))
  return gateway.address.family === 4 || (a !== undefined && b !== undefined && overlaps(a, b))
}
