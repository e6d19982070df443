import type { Family } from '../../net/address.ts'
import type { Expression } from './expression.ts'
import { Family as FilterFamily } from './message.ts'
import type { Verdict } from './verdict.ts'

/** NFT_META_*. */
const Meta = { protocolFamily: 15, transportProtocol: 16, inputGroup: 21 } as const
/** NFT_PAYLOAD_*. */
const Header = { network: 1, transport: 2 } as const
/** NFT_FIB_RESULT_*, NFTA_FIB_F_*. */
const FibResult = { interface: 1, addressType: 3 } as const
const FibFlag = { source: 1, destination: 2, inputInterface: 8, present: 32 } as const
/** NF_NAT_RANGE_PROTO_RANDOM_FULLY. */
const randomPorts = 0x10

/** What the routing table calls an address (RTN_*). */
export const AddressType = { local: 2, broadcast: 3 } as const

/** IPPROTO_*. */
export const Protocol = { tcp: 6, udp: 17 } as const

/** Of that family. */
export const ofFamily = (family: Family): readonly Expression[] => [
  { step: 'meta', key: Meta.protocolFamily },
  equals(Uint8Array.of(family === 4 ? FilterFamily.ipv4 : FilterFamily.ipv6)),
]

export const equals = (value: Uint8Array): Expression => ({ step: 'compare', equal: true, value })

/** A number as the processor has it: little-endian, as all machines that we build for are. */
export function native32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
}

/** Where a packet says that it comes from, or goes to. */
export type End = 'source' | 'destination'

export function addressOf(family: Family, end: End): Extract<Expression, { readonly step: 'payload' }> {
  const offset = family === 4 ? { source: 12, destination: 16 } : { source: 8, destination: 24 }
  return { step: 'payload', base: Header.network, offset: offset[end], length: family === 4 ? 4 : 16 }
}

/** Of that family, with an address there that is in the set. */
export const isIn = (family: Family, end: End, set: string): readonly Expression[] => [
  ...ofFamily(family),
  addressOf(family, end),
  { step: 'lookup', set, inverted: false, decides: false },
]

/** With an address there that is not in the set. The family is known. */
export const isNotIn = (family: Family, end: End, set: string): readonly Expression[] => [
  addressOf(family, end),
  { step: 'lookup', set, inverted: true, decides: false },
]

/** What the map says of the address. Where it has none, the rule ends. */
export const decidedBy = (family: Family, end: End, map: string): readonly Expression[] => [
  ...ofFamily(family),
  addressOf(family, end),
  { step: 'lookup', set: map, inverted: false, decides: true },
]

/** From fe80::/10. */
export const isFromLinkLocal: readonly Expression[] = [
  ...ofFamily(6),
  addressOf(6, 'source'),
  { step: 'mask', mask: Uint8Array.from({ length: 16 }, (_, index) => [0xff, 0xc0][index] ?? 0) },
  equals(Uint8Array.from({ length: 16 }, (_, index) => [0xfe, 0x80][index] ?? 0)),
]

/** Came by an interface of that group. */
export const cameByGroup = (group: number): readonly Expression[] => [
  { step: 'meta', key: Meta.inputGroup },
  equals(native32(group)),
]

/** No packet to its source would leave by the interface that it came by. */
export const isNotRoutedBack: readonly Expression[] = [
  {
    step: 'fib',
    result: FibResult.interface,
    flags: FibFlag.source | FibFlag.inputInterface | FibFlag.present,
  },
  equals(native32(0)),
]

/** The destination is another than of that type. */
export const goesNotTo = (type: number): readonly Expression[] => [
  { step: 'fib', result: FibResult.addressType, flags: FibFlag.destination },
  { step: 'compare', equal: false, value: native32(type) },
]

/** To that port. */
export const goesToPort = (protocol: number, port: number): readonly Expression[] => [
  { step: 'meta', key: Meta.transportProtocol },
  equals(Uint8Array.of(protocol)),
  { step: 'payload', base: Header.transport, offset: 2, length: 2 },
  equals(Uint8Array.of(port >>> 8, port)),
]

export const counted: Expression = { step: 'counter' }

export const masquerade = ({ randomFully }: { readonly randomFully: boolean }): Expression => ({
  step: 'masquerade',
  flags: randomFully ? randomPorts : 0,
})

export const decide = (verdict: 'accept' | 'drop' | 'return'): Expression => ({
  step: 'verdict',
  verdict: { verdict },
})

/** That chain decides, for good. */
export const goto = (chain: string): Verdict => ({ verdict: 'goto', chain })
