import type { Family } from '../../net/address.ts'
import type { Expression } from './expression.ts'
import { AddressType, addressOf, equals, native32, ofFamily } from './steps.ts'

/** NFT_META_*, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR, NFT_PAYLOAD_TRANSPORT_HEADER. */
const Meta = { inputInterface: 4, transportProtocol: 16 } as const
const [fibAddressType, fibDestination] = [3, 2]
/** NFT_CT_STATUS; IPS_DST_NAT. */
const [connectionStatus, destinationTranslated] = [2, 1 << 5]
const transportHeader = 2
/** The index of `lo`, in every namespace. */
const loopbackIndex = 1

/**
 * Registers as the kernel numbers them: 1 is the first sixteen bytes, 2 the next, and from 8 on each has four. The parts
 * of a key lie behind each other.
 */
const registersBehind = { 4: [9, 10], 6: [2, 13] } as const satisfies Readonly<
  Record<Family, readonly [number, number]>
>
/** Behind four bytes. */
const second = 9

const destinationPort = (to: number): Expression => ({
  step: 'payload',
  base: transportHeader,
  // Of TCP, UDP and SCTP alike.
  offset: 2,
  length: 2,
  to,
})

const answerOf = (set: string): Expression => ({
  step: 'lookup',
  set,
  inverted: false,
  decides: false,
  answers: true,
})

const translate = (family: Family): Expression => ({
  step: 'translate-destination',
  family: family === 4 ? 2 : 10,
  portFrom: registersBehind[family][0],
})

/**
 * Goes where the map says that its protocol and its port lead. Where the map has none, the rule ends.
 * @param conditions - of that family, which is known when they are looked at
 */
export const translatedByPort = (
  family: Family,
  map: string,
  conditions: readonly Expression[] = [],
): readonly Expression[] => [
  ...ofFamily(family),
  ...conditions,
  { step: 'meta', key: Meta.transportProtocol },
  destinationPort(second),
  answerOf(map),
  translate(family),
]

/** The same by its destination, its protocol and its port. */
export function translatedByAddress(
  family: Family,
  map: string,
  conditions: readonly Expression[] = [],
): readonly Expression[] {
  const [protocol, port] = registersBehind[family]
  return [
    ...ofFamily(family),
    ...conditions,
    addressOf(family, 'destination'),
    { step: 'meta', key: Meta.transportProtocol, to: protocol },
    destinationPort(port),
    answerOf(map),
    translate(family),
  ]
}

/** From an address to another, which the set has as a pair. */
export const isPairIn = (family: Family, set: string): readonly Expression[] => [
  ...ofFamily(family),
  addressOf(family, 'source'),
  { ...addressOf(family, 'destination'), to: registersBehind[family][0] },
  { step: 'lookup', set, inverted: false, decides: false },
]

/**
 * Led from elsewhere to an address, a protocol and a port that the set has. From which port it was led, a rule could ask
 * too; but nft can't read such words again that it has written.
 */
export function wasTranslatedTo(family: Family, set: string): readonly Expression[] {
  const [protocol, port] = registersBehind[family]
  return [
    { step: 'connection', key: connectionStatus },
    { step: 'mask', mask: native32(destinationTranslated) },
    { step: 'compare', equal: false, value: native32(0) },
    // Where nft has it, too.
    ...ofFamily(family),
    addressOf(family, 'destination'),
    { step: 'meta', key: Meta.transportProtocol, to: protocol },
    destinationPort(port),
    { step: 'lookup', set, inverted: false, decides: false },
  ]
}

/** To one of the machine's own addresses. */
export const goesToNode: readonly Expression[] = [
  { step: 'fib', result: fibAddressType, flags: fibDestination },
  equals(native32(AddressType.local)),
]

/** To 127.0.0.0/8, of which the first byte tells. */
export const goesToLoopback4: readonly Expression[] = [
  ...ofFamily(4),
  { ...addressOf(4, 'destination'), length: 1 },
  equals(Uint8Array.of(127)),
]

/** To ::1. */
export const goesToLoopback6: readonly Expression[] = [
  ...ofFamily(6),
  addressOf(6, 'destination'),
  equals(Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0))),
]

/** Came from elsewhere than this machine itself. */
export const cameFromElsewhere: readonly Expression[] = [
  { step: 'meta', key: Meta.inputInterface },
  { step: 'compare', equal: false, value: native32(loopbackIndex) },
]
