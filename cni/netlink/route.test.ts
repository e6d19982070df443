import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { hex } from '../testing/bytes.ts'
import { NetlinkFormatError } from './error.ts'
import { type NewRoute, Scope, decodeRoute, encodeAddRoute, encodeMatchRoute } from './route.ts'

const cases: readonly { readonly name: string; readonly route: NewRoute; readonly bytes: string }[] = [
  {
    name: 'to the gateway, on the link',
    route: {
      destination: parseCidr('10.1.2.1/32'),
      index: 3,
      source: parseAddress('10.1.2.5'),
      scope: Scope.link,
    },
    bytes: `
      02 20 00 00 fe 03 fd 01 00 00 00 00  # AF_INET, /32, table main, protocol boot, scope link, unicast
      08 00 01 00 0a 01 02 01              # RTA_DST
      08 00 04 00 03 00 00 00              # RTA_OIF
      08 00 07 00 0a 01 02 05              # RTA_PREFSRC
    `,
  },
  {
    name: 'default through a gateway has no destination attribute',
    route: {
      destination: parseCidr('0.0.0.0/0'),
      index: 3,
      gateway: parseAddress('10.1.2.1'),
      scope: Scope.universe,
    },
    bytes: '02 00 00 00 fe 03 00 01 00 00 00 00  08 00 04 00 03 00 00 00  08 00 05 00 0a 01 02 01',
  },
  {
    name: 'IPv6 with all attributes',
    route: {
      destination: parseCidr('fd00:1::/64'),
      index: 3,
      gateway: parseAddress('fd00::1'),
      scope: Scope.universe,
      table: 1000,
      priority: 50,
      mtu: 1400,
      advertisedMss: 1340,
    },
    bytes: `
      0a 40 00 00 00 03 00 01 00 00 00 00
      14 00 01 00 fd 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00
      08 00 04 00 03 00 00 00
      14 00 05 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01
      08 00 06 00 32 00 00 00              # RTA_PRIORITY
      08 00 0f 00 e8 03 00 00              # RTA_TABLE: 1000 does not fit into the structure
      14 00 08 80 08 00 02 00 78 05 00 00 08 00 08 00 3c 05 00 00  # RTA_METRICS: mtu, advmss
    `,
  },
]

describe('route messages', () => {
  it.each(cases)('$name', ({ route, bytes }) => {
    expect(encodeAddRoute(route)).toEqual(hex(bytes))
  })

  it.each(cases)('$name comes back', ({ route }) => {
    expect(decodeRoute(encodeAddRoute(route))).toEqual({
      destination: route.destination,
      table: route.table ?? 254,
      isLocal: false,
      mtu: route.mtu,
      index: route.index,
      gateway: route.gateway,
    })
  })

  it('ask for the matching entry', () => {
    expect(encodeMatchRoute(parseAddress('10.1.2.5'))).toEqual(
      hex('02 20 00 00 00 00 00 00 00 20 00 00  08 00 01 00 0a 01 02 05'),
    )
  })

  it('that deliver here are told by their type, whatever table the kernel names', () => {
    expect(decodeRoute(hex('02 20 00 00 fe 02 fe 02 00 00 00 00'))).toMatchObject({
      isLocal: true,
      table: 254,
    })
  })

  it('of other families are left out', () => {
    expect(decodeRoute(hex('1c 00 00 00 fe 03 00 01 00 00 00 00'))).toBeUndefined()
  })

  it('refuse what is too short', () => {
    expect(() => decodeRoute(hex('02 20 00 00 fe'))).toThrow(NetlinkFormatError)
    expect(() => decodeRoute(new Uint8Array())).toThrow(NetlinkFormatError)
  })
})
