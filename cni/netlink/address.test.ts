import { describe, expect, it } from 'vitest'
import { parseInterfaceAddress } from '../../net/cidr.ts'
import { hex } from '../testing/bytes.ts'
import { decodeAddress, encodeAddAddress } from './address.ts'
import { NetlinkFormatError } from './error.ts'

describe('address messages', () => {
  it.each([
    {
      name: 'IPv4 in a subnet has a broadcast address',
      address: '10.1.2.5/24',
      bytes: `
        02 18 82 00 03 00 00 00      # AF_INET, /24, nodad and permanent, scope global, link 3
        08 00 02 00 0a 01 02 05      # IFA_LOCAL
        08 00 01 00 0a 01 02 05      # IFA_ADDRESS
        08 00 04 00 0a 01 02 ff      # IFA_BROADCAST
        08 00 08 00 82 02 00 00      # IFA_FLAGS: and noprefixroute
      `,
    },
    {
      name: 'a single IPv4 address has none',
      address: '10.1.2.1/32',
      bytes:
        '02 20 82 00 03 00 00 00  08 00 02 00 0a 01 02 01  08 00 01 00 0a 01 02 01  08 00 08 00 82 02 00 00',
    },
    {
      name: 'IPv6 is never tentative',
      address: 'fd00::5/64',
      bytes: `
        0a 40 82 00 03 00 00 00
        14 00 02 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 05
        14 00 01 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 05
        08 00 08 00 82 02 00 00
      `,
    },
  ])('$name', ({ address, bytes }) => {
    expect(encodeAddAddress(3, parseInterfaceAddress(address))).toEqual(hex(bytes))
  })

  it('come back as text', () => {
    for (const text of ['10.1.2.5/24', '10.1.2.1/32', 'fd00::5/64'])
      expect(decodeAddress(encodeAddAddress(9, parseInterfaceAddress(text)))).toEqual({
        index: 9,
        text,
        flags: 0x282,
      })
  })

  it('of IPv6 have no IFA_LOCAL in the kernel’s answers', () => {
    const payload = hex(
      '0a 80 80 fe 01 00 00 00  14 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01',
    )
    expect(decodeAddress(payload)).toEqual({ index: 1, text: '::1/128', flags: 0x80 })
  })

  it('on a point-to-point link, the own address is IFA_LOCAL', () => {
    const payload = hex('02 20 80 00 04 00 00 00  08 00 01 00 0a 00 00 02  08 00 02 00 0a 00 00 01')
    expect(decodeAddress(payload).text).toBe('10.0.0.1/32')
  })

  it('refuse what is too short or has no address', () => {
    expect(() => decodeAddress(hex('02 20'))).toThrow(NetlinkFormatError)
    expect(() => decodeAddress(hex('02 20 80 00 04 00 00 00'))).toThrow('without its address')
  })
})
