import { type Address, formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, cidrAround, containsAddress, parseCidr } from '../../net/cidr.ts'
import { AddressMessage, encodeListAddresses } from '../netlink/address.ts'
import type { Request } from '../netlink/connection.ts'
import { dump } from '../netlink/dump.ts'
import {
  type MarkedAddress,
  decodeMarkedAddress,
  holdAddress,
  releaseAddress,
} from '../netlink/held-address.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { findConfigurations } from './configurations.ts'
import type { Context, Handler } from './handler.ts'
import { Fields, invalid, readAddress } from './parameters.ts'
import { routeProtocol } from './protocol.ts'

const loopback = 'lo'
const mark = { protocol: routeProtocol, label: `${loopback}:podway` }

/** One of each family; a few more while a Node gets other ranges. */
const mostAddresses = 4

/** What no node holds as its pods' gateway: the machine's own, its link's, everybody's. */
const refused: readonly Cidr[] = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
  ...['::/96', 'fe80::/10', 'ff00::/8'],
].map(parseCidr)

/**
 * Gives the loopback interface these addresses, and takes away those that an earlier request gave it. With one of its
 * podCIDR, a node answers at an address of the pod network while it has no pod.
 */
export const holdAddresses: Handler<'addresses.hold'> = (parameters, context) => {
  const fields = new Fields(parameters, 'parameters', ['addresses'])
  const wanted = fields.list('addresses', mostAddresses, (value, path) => {
    const address = readAddress(value, path)
    if (refused.some((range) => containsAddress(range, address)))
      throw invalid(path, `${formatAddress(address)} is no address that a node can hold for its pods`)
    return address
  })
  return { changed: hold(context, wanted) }
}

/** Has the loopback interface hold these addresses, and no others of ours: what was done. */
export function hold(context: Context, wanted: readonly Address[]): readonly string[] {
  const rtnetlink = new Rtnetlink(context.system)
  const index = rtnetlink.link(loopback)?.index
  if (index === undefined) throw new Error(`there is no interface ${loopback}`)
  const there = listAddresses(rtnetlink).filter((address) => address.index === index)
  const keptTexts = wanted.map(textOf)
  const texts = there.map(({ text }) => text)
  const gone = there.filter((address) => !keptTexts.includes(address.text) && isOurs(address, there, context))
  const changes: Request[] = [
    ...gone.map(({ text }) => releaseAddress(index, parseAddress(text.slice(0, text.indexOf('/'))))),
    ...wanted
      .filter((address) => !texts.includes(textOf(address)))
      .map((address) => holdAddress(index, address, mark)),
  ]
  if (changes.length === 0) return []
  const [refusal] = rtnetlink.change(changes)
  if (refusal !== undefined) throw refusal.error
  return changes.map(({ operation }) => operation)
}

const textOf = (address: Address): string => `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`

function listAddresses({ connection }: Rtnetlink): readonly MarkedAddress[] {
  const request = { operation: 'list addresses', type: AddressMessage.get, payload: encodeListAddresses() }
  return dump(connection, request).map(decodeMarkedAddress)
}

/**
 * Whether an address of the loopback interface is one that we gave it. A kernel that doesn't know who added an address
 * doesn't say so of any; an IPv6 address has no label either, and then it is ours if it is of our pods' ranges.
 */
function isOurs(address: MarkedAddress, all: readonly MarkedAddress[], context: Context): boolean {
  if (address.protocol === mark.protocol || address.label === mark.label) return true
  if (all.some(({ protocol }) => protocol !== undefined)) return false
  const [text = '', length] = address.text.split('/')
  if (length !== '128') return false
  const own = findConfigurations(context).find(({ isOurs }) => isOurs)
  return (own?.ranges ?? []).some((range) => contains(range, parseAddress(text)))
}

function contains(range: string, address: Address): boolean {
  const [base = '', length] = range.split('/')
  try {
    return containsAddress(cidrAround(parseAddress(base), Number(length)), address)
  } catch {
    return false
  }
}
