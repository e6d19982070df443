import { describe, expect, it } from 'vitest'
import { hex } from '../testing/bytes.ts'
import { ScriptedNetlink, sysError } from '../testing/memory-system.ts'
import { executeAside } from './aside.ts'
import { Connection } from './connection.ts'
import { dump } from './dump.ts'
import { DumpInterruptedError, NetlinkFormatError, OpError } from './error.ts'
import { encodeMessage } from './message.ts'

const payload = hex('01 02 03 04')
const request = { operation: 'add thing', type: 20, payload }

/** A message of the kernel to that request. */
const reply = (
  to: Uint8Array,
  fields: {
    readonly type: number
    readonly flags?: number
    readonly payload?: Uint8Array
    readonly after?: number
  },
): Uint8Array =>
  encodeMessage({
    type: fields.type,
    flags: fields.flags ?? 0,
    sequence: (new DataView(to.buffer).getUint32(8, true) + (fields.after ?? 0)) >>> 0,
    port: 77,
    payload: fields.payload ?? new Uint8Array(),
  })

const errorPayload = (errno: number, rest = '00'.repeat(16)): Uint8Array => {
  const bytes = hex('00000000' + rest)
  new DataView(bytes.buffer).setInt32(0, -errno, true)
  return bytes
}

const connect = (
  answer: (sent: Uint8Array) => readonly Uint8Array[],
  sequence = 41,
): { connection: Connection; sent: readonly Uint8Array[] } => {
  const netlink = new ScriptedNetlink(answer)
  return { connection: new Connection(netlink, netlink.open(), sequence), sent: netlink.sent }
}

describe('a netlink connection', () => {
  it('sends a request for acknowledgement and counts its sequence numbers up', () => {
    const { connection, sent } = connect((to) => [reply(to, { type: 2, payload: errorPayload(0) })])
    connection.execute({ ...request, flags: 0x600 })
    connection.execute(request)
    expect(sent[0]).toEqual(hex('14000000 1400 0506 29000000 00000000 01020304'))
    expect(sent[1]).toEqual(hex('14000000 1400 0500 2a000000 00000000 01020304'))
  })

  it('takes what the kernel has made of a request, or nothing from one that does not say it', () => {
    const acknowledged = (to: Uint8Array): Uint8Array => reply(to, { type: 2, payload: errorPayload(0) })
    const telling = connect((to) => [reply(to, { type: 20, payload }), acknowledged(to)])
    expect(telling.connection.executeEchoed(request)).toEqual(payload)
    expect(new DataView(telling.sent[0]?.buffer ?? new ArrayBuffer(8)).getUint16(6, true)).toBe(0xd)
    // The acknowledgement was taken too: the next answer is the next one's.
    expect(telling.connection.executeEchoed(request)).toEqual(payload)
    const silent = connect((to) => [acknowledged(to)])
    expect(silent.connection.executeEchoed(request)).toBeUndefined()
  })

  it('wraps its sequence numbers', () => {
    const { connection, sent } = connect(
      (to) => [reply(to, { type: 2, payload: errorPayload(0) })],
      0xffffffff,
    )
    connection.execute(request)
    connection.execute(request)
    expect(sent.map((bytes) => new DataView(bytes.buffer).getUint32(8, true))).toEqual([0xffffffff, 0])
  })

  it('throws what the kernel refuses with, in its own words', () => {
    const attributes = '10000100 6e6f2073756368206c6e6b00 08000200 18000000'.replaceAll(' ', '')
    const { connection } = connect((to) => [
      reply(to, {
        type: 2,
        flags: 0x300,
        payload: errorPayload(19, '00'.repeat(16) + attributes),
      }),
    ])
    const error = catchError(() => connection.execute(request))
    expect(error).toBeInstanceOf(OpError)
    expect(error).toMatchObject({
      message: 'add thing: no such device (no such lnk)',
      errno: 19,
      kernelMessage: 'no such lnk',
      offset: 24,
      sequence: 41,
    })
  })

  it('reads the words behind a repeated request, as old kernels send it', () => {
    const repeated = '14000000' + '00'.repeat(12) + '01020304'
    const { connection } = connect((to) => [
      reply(to, {
        type: 2,
        flags: 0x200,
        payload: errorPayload(22, repeated + '06000100' + '7800' + '0000'),
      }),
    ])
    expect(catchError(() => connection.execute(request))).toMatchObject({
      errno: 22,
      kernelMessage: 'x',
    })
  })

  it('knows errors that it has no text for', () => {
    const { connection } = connect((to) => [reply(to, { type: 2, payload: errorPayload(131) })])
    expect(() => connection.execute(request)).toThrow('add thing: error 131')
  })

  it('drops answers to other requests', () => {
    const { connection } = connect((to) => [
      reply(to, { type: 2, payload: errorPayload(17), after: -1 }),
      reply(to, { type: 16, payload: hex('aabbccdd') }),
    ])
    expect(connection.query(request)).toEqual(hex('aabbccdd'))
  })

  it('collects the parts of a dump, over several datagrams', () => {
    const { connection, sent } = connect((to) => [
      Uint8Array.from([
        ...reply(to, { type: 16, flags: 2, payload: hex('01') }),
        ...reply(to, { type: 16, flags: 2, payload: hex('02') }),
      ]),
      reply(to, { type: 3, flags: 2, payload: hex('00000000') }),
    ])
    expect(dump(connection, request)).toEqual([hex('01'), hex('02')])
    expect(new DataView(sent[0]?.buffer ?? new ArrayBuffer(8)).getUint16(6, true)).toBe(0x301)
  })

  /**
   * https://github.com/containernetworking/plugins/issues/1121, https://github.com/cilium/cilium/issues/48718: partial
   * tables taken for whole ones.
   */
  it('asks again for a dump that was interrupted', () => {
    let round = 0
    const { connection } = connect((to) => {
      const flags = ++round < 3 ? 0x12 : 2
      return [reply(to, { type: 16, flags, payload: hex(`0${round}`) }), reply(to, { type: 3, flags })]
    })
    expect(dump(connection, request)).toEqual([hex('03')])
  })

  it('gives a dump up that is interrupted every time', () => {
    const { connection, sent } = connect((to) => [reply(to, { type: 3, flags: 0x12 })])
    expect(() => dump(connection, request)).toThrow(DumpInterruptedError)
    expect(sent).toHaveLength(5)
  })

  it('reports a dump that ends in an error', () => {
    const { connection } = connect((to) => [reply(to, { type: 3, flags: 2, payload: errorPayload(1, '') })])
    expect(() => dump(connection, request)).toThrow('add thing: operation not permitted')
  })

  it('refuses an error without a number, and an answer without content', () => {
    const short = connect((to) => [reply(to, { type: 2, payload: hex('0000') })]).connection
    expect(() => short.execute(request)).toThrow(NetlinkFormatError)
    const empty = connect((to) => [reply(to, { type: 2, payload: errorPayload(0) })]).connection
    expect(() => empty.query(request)).toThrow('an answer without content')
  })
})

describe('several requests at once', () => {
  const requests = [
    { operation: 'first', type: 20, payload },
    { operation: 'second', type: 24, payload },
    { operation: 'third', type: 24, payload },
  ]

  it('go in one datagram, of which the last one is acknowledged', () => {
    const { connection, sent } = connect((to) => [reply(to, { type: 2, payload: errorPayload(0) })])
    expect(connection.executeAll(requests)).toEqual([])
    expect(sent.map((bytes) => new DataView(bytes.buffer).getUint16(6, true))).toEqual([1, 1, 5])
    // The next one has a number of its own.
    connection.execute(request)
    expect(sent.map((bytes) => new DataView(bytes.buffer).getUint32(8, true))).toEqual([41, 42, 43, 44])
  })

  it.each([
    { refused: [0], errno: 13 },
    { refused: [1, 2], errno: 17 },
    { refused: [2], errno: 1 },
  ])('say which of them were refused: $refused', ({ refused, errno }) => {
    const { connection } = connect((to) => {
      const index = new DataView(to.buffer).getUint32(8, true) - 41
      return [reply(to, { type: 2, payload: errorPayload(refused.includes(index) ? errno : 0) })]
    })
    const refusals = connection.executeAll(requests)
    expect(refusals.map(({ request }) => request)).toEqual(refused.map((index) => requests[index]))
    expect(refusals.map(({ error }) => error.errno)).toEqual(refused.map(() => errno))
    expect(refusals[0]?.error.message).toMatch(/^(first|second|third): /)
  })

  it('count on past the highest number', () => {
    const { connection } = connect((to) => [reply(to, { type: 2, payload: errorPayload(5) })], 0xffffffff)
    expect(connection.executeAll(requests)).toHaveLength(3)
  })
})

describe('a request that is sent aside', () => {
  const announcement = (bytes: Uint8Array): Uint8Array =>
    encodeMessage({ type: 17, flags: 0, sequence: 0, port: 0, payload: bytes })
  const aside = (
    answer: (sent: Uint8Array) => readonly Uint8Array[],
  ): { result: unknown; netlink: ScriptedNetlink } => {
    const netlink = new ScriptedNetlink(answer)
    const connection = new Connection(netlink, netlink.open(), 41)
    const announces = ({ payload: [value] }: { readonly payload: Uint8Array }): boolean => value === 7
    try {
      return { result: executeAside(connection, [request], { group: 1, announces }), netlink }
    } catch (error) {
      return { result: error, netlink }
    }
  }

  it('is done when its effect is announced, before it is acknowledged', () => {
    const { result, netlink } = aside(() => [announcement(hex('06')), announcement(hex('07'))])
    expect(result).toBe(true)
    expect(netlink).toMatchObject({ aside: 1, groups: [1] })
    expect(netlink.sent).toEqual([hex('14000000 1400 0500 29000000 00000000 01020304')])
  })

  it('is done when it is acknowledged without an announcement', () => {
    expect(aside((to) => [reply(to, { type: 2, payload: errorPayload(0) })]).result).toBe(true)
  })

  it('throws what the kernel refuses with', () => {
    const { result } = aside((to) => [
      reply(to, { type: 2, payload: errorPayload(19), after: 1 }),
      announcement(hex('05')),
      reply(to, { type: 2, payload: errorPayload(1) }),
    ])
    expect(result).toMatchObject({ message: 'add thing: operation not permitted', errno: 1 })
  })

  const withReceiving = (errno: number): Connection => {
    const netlink = new ScriptedNetlink(() => [])
    netlink.receive = () => {
      throw sysError(errno, 'recvfrom')
    }
    return new Connection(netlink, netlink.open(), 41)
  }

  it.each([
    { name: 'nothing comes', errno: 11 },
    { name: 'announcements were lost', errno: 105 },
  ])('is uncertain when $name', ({ errno }) => {
    const options = { group: 1, announces: () => true }
    expect(executeAside(withReceiving(errno), [request], options)).toBe(false)
  })

  it('throws what else goes wrong', () => {
    const options = { group: 1, announces: () => true }
    expect(() => executeAside(withReceiving(9), [request], options)).toThrow('recvfrom')
  })
})

function catchError(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
