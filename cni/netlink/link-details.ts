import { Errno } from '../sys.ts'
import { readAttributes, readU32 } from './attribute.ts'
import { isOpError } from './error.ts'
import { type Link, LinkMessage, decodeLink, encodeGetLink } from './link.ts'
import type { Rtnetlink } from './rtnetlink.ts'

/** IFLA_* (linux/if_link.h). */
const Attribute = { master: 10, operationalState: 16, info: 18, promiscuity: 30 } as const
const InfoAttribute = { kind: 1, data: 2 } as const
/** IFLA_BR_VLAN_FILTERING; IFLA_MACVLAN_MODE and IFLA_IPVLAN_MODE. */
const [vlanFiltering, mode] = [7, 1]
/** IF_OPER_* (linux/if.h), by their numbers. */
const operationalStates = [
  'unknown',
  'not-present',
  'down',
  'lower-layer-down',
  'testing',
  'dormant',
  'up',
] as const
const structureLength = 16

/** What else is known of a link. */
export interface LinkDetails extends Link {
  /** Index of the bridge that it is a port of. */
  readonly master: number | undefined
  /** `up`: packets pass, here and on the other end. */
  readonly operationalState: (typeof operationalStates)[number]
  readonly isPromiscuous: boolean
  /** Of a bridge. */
  readonly filtersVlans: boolean
  /** Of a macvlan or ipvlan, the kernel's number. */
  readonly mode: number | undefined
}

/** @throws NetlinkFormatError */
export function decodeLinkDetails(payload: Uint8Array): LinkDetails {
  const link = decodeLink(payload)
  let master: number | undefined
  let isPromiscuous = false
  let operationalState: LinkDetails['operationalState'] = 'unknown'
  let data: Uint8Array = new Uint8Array()
  readAttributes(payload, { offset: structureLength, types: Object.values(Attribute) }, (type, value) => {
    if (type === Attribute.master) master = readU32(value)
    else if (type === Attribute.operationalState)
      operationalState = operationalStates[value[0] ?? 0] ?? 'unknown'
    else if (type === Attribute.promiscuity) isPromiscuous = readU32(value) !== 0
    else
      readAttributes(value, { offset: 0, types: [InfoAttribute.data] }, (_, content) => {
        data = content
      })
  })
  return { ...link, master, operationalState, isPromiscuous, ...decodeData(link.kind, data) }
}

function decodeData(kind: string | undefined, data: Uint8Array): Pick<LinkDetails, 'filtersVlans' | 'mode'> {
  let [filtersVlans, number]: [boolean, number | undefined] = [false, undefined]
  if (kind === 'bridge')
    readAttributes(data, { offset: 0, types: [vlanFiltering] }, (_, value) => {
      filtersVlans = value[0] === 1
    })
  else if (kind === 'macvlan' || kind === 'ipvlan')
    readAttributes(data, { offset: 0, types: [mode] }, (_, value) => {
      number = kind === 'macvlan' ? readU32(value) : value[0]
    })
  return { filtersVlans, mode: number }
}

/** The link of that name or index; undefined if there is none. */
export function linkDetails(
  { connection }: Rtnetlink,
  nameOrIndex: string | number,
): LinkDetails | undefined {
  try {
    const payload = encodeGetLink(nameOrIndex)
    return decodeLinkDetails(
      connection.query({ operation: `look up link ${nameOrIndex}`, type: LinkMessage.get, payload }),
    )
  } catch (error) {
    if (isOpError(error, Errno.ENODEV)) return undefined
    throw error
  }
}
