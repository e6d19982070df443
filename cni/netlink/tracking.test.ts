import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { hex } from '../testing/bytes.ts'
import { listedConnection } from '../testing/recorded-ports.ts'
import { NetlinkFormatError } from './error.ts'
import { decodeConnection, encodeDeleteConnection, encodeListConnections } from './tracking.ts'

const host = parseAddress('192.0.2.1')

describe('connections that the kernel remembers', () => {
  it('are asked for by protocol and port, with what shall be equal', () => {
    expect(encodeListConnections(4, 17, 8080)).toEqual(
      hex(`
        02000000
        16000180 12000280 05000100 11 000000 06000300 1f90 0000
        14001980 08000100 28000000 08000200 00000000
      `),
    )
    expect(encodeListConnections(6, 17)).toEqual(
      hex(`
        0a000000
        0d000180 09000280 05000100 11 000000
        14001980 08000100 08000000 08000200 00000000
      `),
    )
  })

  it('are read, and named as the kernel does to be deleted', () => {
    const found = decodeConnection(listedConnection)
    expect(found).toMatchObject({
      original: { source: host, destination: host, protocol: 17, sourcePort: 5000, destinationPort: 8080 },
      reply: { source: host, destination: host, protocol: 17, sourcePort: 8080, destinationPort: 5000 },
    })
    expect(found && encodeDeleteConnection(found)).toEqual(
      hex(`
        02000000
        34000180 14000180 08000100 c0000201 08000200 c0000201
                 1c000280 05000100 11 000000 06000200 1388 0000 06000300 1f90 0000
        08000c00 e7962958
      `),
    )
  })

  it.each([
    { name: 'without an original', bytes: '02000000' },
    { name: 'without addresses', bytes: '02000000 10000180 0c000280 05000100 11000000' },
  ])('$name are passed over', ({ bytes }) => {
    expect(decodeConnection(hex(bytes))).toBeUndefined()
  })

  it.each([
    { name: 'without their structure', bytes: '0200' },
    { name: 'with a length that leads out of it', bytes: '02000000 ff000180' },
    { name: 'with an address of three bytes', bytes: '02000000 0f000180 0b000180 07000100 0a0102' },
  ])('$name are malformed', ({ bytes }) => {
    expect(() => decodeConnection(hex(bytes))).toThrow(NetlinkFormatError)
  })
})
