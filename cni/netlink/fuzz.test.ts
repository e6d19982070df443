import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { isSysError } from '../sys.ts'
import { ScriptedNetlink } from '../testing/memory-system.ts'
import { decodeAddress, encodeAddAddress } from './address.ts'
import { executeAside } from './aside.ts'
import { readAttributes } from './attribute.ts'
import { Connection } from './connection.ts'
import { dump } from './dump.ts'
import { DumpInterruptedError, NetlinkFormatError, OpError } from './error.ts'
import { announcesRemoval, decodeLink, encodeCreateVeth, encodeSetUp } from './link.ts'
import { Control, Flag, decodeMessages, encodeMessage } from './message.ts'
import { decodeRoute, encodeAddRoute } from './route.ts'
import { decodeConnection } from './tracking.ts'
import { listedConnection } from '../testing/recorded-ports.ts'

/**
 * What comes from the kernel is believed, but never trusted: whatever the bytes are, a decoder returns or says where they
 * are wrong. Bytes that are nearly right go deeper than random ones.
 */
const sound: readonly Uint8Array[] = [
  encodeCreateVeth(
    { name: 'eth0', namespace: 3, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) },
    { name: 'veth01234567', namespace: 4, mac: Uint8Array.of(2, 0, 0, 0, 0, 2) },
    1500,
  ),
  encodeSetUp(7, { alias: 'podway pod/eth0', group: 7 }),
  encodeAddAddress(7, parseInterfaceAddress('10.1.2.3/24')),
  encodeAddAddress(7, parseInterfaceAddress('fd00::1/64')),
  encodeAddRoute({
    destination: parseCidr('10.0.0.0/8'),
    index: 7,
    gateway: parseAddress('10.1.2.1'),
    scope: 0,
  }),
  encodeAddRoute({
    destination: parseCidr('::/0'),
    index: 7,
    scope: 0,
    table: 1000,
    mtu: 1400,
    advertisedMss: 1360,
  }),
  listedConnection,
]

/** Bytes in which some are others, and that may end early, or late. */
const damaged = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      bytes,
      changes: fc.array(
        fc.tuple(fc.nat(400), fc.oneof(fc.constantFrom(0, 1, 3, 4, 0x7f, 0xff), fc.nat(255))),
        {
          maxLength: 4,
        },
      ),
      cut: fc.oneof(fc.constant(0), fc.nat(40)),
      tail: fc.uint8Array({ maxLength: 8 }),
    })
    .map(({ bytes, changes, cut, tail }) => {
      const copy = Uint8Array.from([...bytes.subarray(0, Math.max(0, bytes.length - cut)), ...tail])
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
      return copy
    })

const payload = damaged(fc.oneof(fc.constantFrom(...sound), fc.uint8Array({ maxLength: 100 })))

const message = fc.record({
  type: fc.oneof(fc.constantFrom<number>(Control.noop, Control.error, Control.done, 16), fc.nat(0xffff)),
  flags: fc.oneof(
    fc.constantFrom<number>(0, Flag.multi, Flag.multi | Flag.dumpInterrupted, 0x300),
    fc.nat(0xffff),
  ),
  sequence: fc.constantFrom(41, 42, 43, 0, 0xffffffff),
  port: fc.constantFrom(0, 77),
  payload,
})

const datagram = damaged(
  fc
    .array(message, { maxLength: 3 })
    .map((messages) => Uint8Array.from(messages.flatMap((one) => [...encodeMessage(one)]))),
)

/** Runs it: what it throws, if that is anything but one of those. */
function unexpected(work: () => unknown, ...expected: readonly (new (...args: never[]) => Error)[]): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return expected.some((kind) => error instanceof kind) ? undefined : error
  }
}

const many = { numRuns: 3000 }

describe('decoders, whatever the bytes are', () => {
  test.prop([payload], many)('read a link, an address and a route, or say where they are wrong', (bytes) => {
    for (const decode of [decodeLink, decodeAddress, decodeRoute, decodeConnection])
      expect(unexpected(() => decode(bytes), NetlinkFormatError)).toBeUndefined()
    expect(() =>
      announcesRemoval({ type: 17, flags: 0, sequence: 0, port: 0, payload: bytes }, 7),
    ).not.toThrow()
  })

  test.prop([payload, fc.nat(40)], many)('look at no byte outside of theirs', (bytes, offset) => {
    // The bytes stand in the middle of others, as messages do in a datagram.
    const around = new Uint8Array(bytes.length + 64).fill(0xee)
    around.set(bytes, 32)
    const inside = around.subarray(32, 32 + bytes.length)
    const visit = (_: number, value: Uint8Array): void => {
      expect(value.byteOffset).toBeGreaterThanOrEqual(32 + offset)
      expect(value.byteOffset + value.length).toBeLessThanOrEqual(32 + bytes.length)
    }
    const types = Array.from({ length: 64 }, (_, type) => type)
    expect(
      unexpected(() => readAttributes(inside, { offset, types }, visit), NetlinkFormatError),
    ).toBeUndefined()
  })

  test.prop([datagram], many)(
    'read the messages of a datagram, or say at which byte it is wrong',
    (bytes) => {
      try {
        const total = decodeMessages(bytes).reduce((sum, { payload }) => sum + 16 + payload.length, 0)
        expect(total).toBeLessThanOrEqual(bytes.length)
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkFormatError)
        const { offset, message } = error as NetlinkFormatError
        expect(offset).toBeLessThan(bytes.length)
        expect(message).toContain(`at byte ${offset}`)
      }
    },
  )

  test.prop([fc.array(datagram, { maxLength: 4 })], many)('never wait for more than comes', (datagrams) => {
    const connect = (): Connection => {
      const netlink = new ScriptedNetlink(() => datagrams)
      return new Connection(netlink, netlink.open(), 42)
    }
    const request = { operation: 'ask', type: 18, payload: new Uint8Array() }
    const calls = [
      () => connect().execute(request),
      () => connect().query(request),
      () => dump(connect(), request),
      () => connect().executeAll([request, request]),
      () => executeAside(connect(), [request], { group: 1, announces: (one) => announcesRemoval(one, 7) }),
    ]
    for (const call of calls) {
      const thrown = unexpected(call, NetlinkFormatError, OpError, DumpInterruptedError)
      expect(thrown === undefined || isSysError(thrown), String(thrown)).toBe(true)
    }
  })
})

describe('what the decoders say of bytes that are wrong', () => {
  test.each([
    {
      name: 'a message',
      offset: 16,
      read: () => decodeMessages(Uint8Array.of(16, ...new Array<number>(15).fill(0), 9)),
    },
    {
      name: 'an attribute',
      offset: 16,
      read: () =>
        readAttributes(
          Uint8Array.from(sound[1] ?? []).fill(3, 16, 17),
          { offset: 16, types: [] },
          () => undefined,
        ),
    },
    {
      name: 'the address in an attribute',
      offset: 12,
      read: () => decodeAddress(Uint8Array.of(2, 24, 0, 0, 7, 0, 0, 0, 7, 0, 2, 0, 10, 1, 2, 0)),
    },
    {
      name: 'the length of a route',
      offset: 1,
      read: () => decodeRoute(Uint8Array.of(2, 33, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0)),
    },
  ])('of $name tells the byte', ({ offset, read }) => {
    let thrown: unknown
    try {
      read()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(NetlinkFormatError)
    expect(thrown).toMatchObject({ offset })
  })
})

describe('a request and what it asks for', () => {
  const octets = (length: 4 | 16): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length })
  const text = (bytes: Uint8Array): string =>
    bytes.length === 4
      ? bytes.join('.')
      : Array.from({ length: 8 }, (_, i) =>
          (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
        ).join(':')
  const address = fc
    .oneof(
      octets(4),
      octets(16).filter((bytes) => bytes.subarray(0, 10).some((byte) => byte !== 0)),
    )
    .map((bytes) => parseAddress(text(bytes)))
  const index = fc.integer({ min: 1, max: 0x7fffffff })

  test.prop([index, address, fc.nat(128)])('are the same address', (link, one, length) => {
    const prefixLength = one.family === 4 ? length % 33 : length
    const decoded = decodeAddress(encodeAddAddress(link, { address: one, prefixLength }))
    expect({ ...decoded, text: parseInterfaceAddress(decoded.text) }).toEqual({
      index: link,
      text: { address: one, prefixLength },
      flags: 0x282,
    })
  })

  test.prop([
    index,
    fc.stringMatching(/^[!-.0-9;-~]{1,15}$/),
    octets(4),
    fc.integer({ min: 68, max: 65535 }),
  ])('are the same veth', (namespace, name, tail, mtu) => {
    const mac = Uint8Array.of(2, 0, ...tail)
    const end = { name, namespace, mac }
    expect(decodeLink(encodeCreateVeth(end, { ...end, name: 'peer' }, mtu))).toMatchObject({
      name,
      mtu,
      mac: Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
      kind: 'veth',
    })
  })
})
