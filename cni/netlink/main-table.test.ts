import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { hex } from '../testing/bytes.ts'
import { NetlinkFormatError } from './error.ts'
import { type TableEntry, decodeTableEntry } from './main-table.ts'
import { createMarkedRoute, deleteMarkedRoute, replaceMarkedRoute } from './marked-route.ts'

const entries: readonly {
  readonly name: string
  readonly bytes: string
  readonly entry: TableEntry | undefined
}[] = [
  {
    name: 'a route over a gateway',
    bytes: `
      02 18 00 00 fe 70 00 01 00 00 00 00  # AF_INET, /24, table main, protocol 112, universe, unicast, no flags
      08 00 0f 00 fe 00 00 00              # RTA_TABLE: main
      08 00 01 00 0a f4 03 00              # RTA_DST: 10.244.3.0
      08 00 06 00 60 04 00 00              # RTA_PRIORITY: 1120
      08 00 05 00 0a 00 00 03              # RTA_GATEWAY: 10.0.0.3
      08 00 04 00 02 00 00 00              # RTA_OIF: 2
    `,
    entry: {
      entry: 'route',
      route: {
        destination: parseCidr('10.244.3.0/24'),
        kind: 'unicast',
        protocol: 112,
        scope: 0,
        metric: 1120,
        ways: [{ gateway: parseAddress('10.0.0.3'), index: 2, isDead: false }],
      },
    },
  },
  {
    name: 'a default route of IPv6 whose link has no carrier',
    bytes: `
      0a 00 00 00 fe 09 00 01 10 00 00 00  # AF_INET6, /0, protocol ra, RTNH_F_LINKDOWN
      14 00 05 00 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01
      08 00 04 00 02 00 00 00
    `,
    entry: {
      entry: 'route',
      route: {
        destination: parseCidr('::/0'),
        kind: 'unicast',
        protocol: 9,
        scope: 0,
        metric: 0,
        ways: [{ gateway: parseAddress('fe80::1'), index: 2, isDead: true }],
      },
    },
  },
  {
    name: 'a black hole',
    bytes: '02 18 00 00 fe 04 00 06 00 00 00 00  08 00 01 00 0a f4 03 00',
    entry: {
      entry: 'route',
      route: {
        destination: parseCidr('10.244.3.0/24'),
        kind: 'blackhole',
        protocol: 4,
        scope: 0,
        metric: 0,
        ways: [],
      },
    },
  },
  {
    name: 'an address of the machine itself',
    bytes: '02 20 00 00 ff 02 fe 02 00 00 00 00  08 00 01 00 0a 00 00 01',
    entry: { entry: 'own', address: parseAddress('10.0.0.1') },
  },
  {
    name: 'of another table: nothing',
    bytes: '02 18 00 00 64 04 00 01 00 00 00 00  08 00 01 00 0a f4 03 00',
    entry: undefined,
  },
  {
    name: 'for one type of service only: nothing',
    bytes: '02 18 00 10 fe 04 00 01 00 00 00 00  08 00 01 00 0a f4 03 00',
    entry: undefined,
  },
  { name: 'of a bridge: nothing', bytes: '07 00 00 00 fe 00 00 01 00 00 00 00', entry: undefined },
]

describe('entries of the main table', () => {
  it.each(entries)('$name', ({ bytes, entry }) => {
    expect(decodeTableEntry(hex(bytes))).toEqual(entry)
  })

  it('a route of two ways tells of both', () => {
    const bytes = `
      02 18 00 00 fe 03 00 01 00 00 00 00
      08 00 01 00 0a f4 03 00
      34 00 09 00                          # RTA_MULTIPATH
      10 00 01 00 02 00 00 00              # 16 bytes, RTNH_F_DEAD, index 2
      08 00 05 00 0a 00 00 03
      20 00 00 00 03 00 00 00              # 32 bytes, index 3
      16 00 12 00 0a 00                    # RTA_VIA: AF_INET6
      fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 03
      00 00
    `
    const decoded = decodeTableEntry(hex(bytes))
    expect(decoded?.entry === 'route' && decoded.route.ways).toEqual([
      { gateway: parseAddress('10.0.0.3'), index: 2, isDead: true },
      { gateway: parseAddress('fd00::3'), index: 3, isDead: false },
    ])
  })

  it.each([
    ['too short', '02 18 00 00 fe 03 00 01'],
    ['too long a prefix', '02 21 00 00 fe 03 00 01 00 00 00 00'],
    [
      'an address of the other family',
      '02 18 00 00 fe 03 00 01 00 00 00 00  14 00 01 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
    ],
    [
      'a way that leads out of the bytes',
      '02 18 00 00 fe 03 00 01 00 00 00 00  0c 00 09 00 40 00 00 00 02 00 00 00',
    ],
  ])('%s is malformed', (_, bytes) => {
    expect(() => decodeTableEntry(hex(bytes))).toThrow(NetlinkFormatError)
  })
})

describe('changes of marked routes', () => {
  const route = {
    destination: parseCidr('10.244.3.0/24'),
    gateway: parseAddress('10.0.0.3'),
    protocol: 112,
    metric: 1120,
  }
  const bytes = hex(`
    02 18 00 00 fe 70 00 01 00 00 00 00  # AF_INET, /24, table main, protocol 112, universe, unicast
    08 00 01 00 0a f4 03 00
    08 00 05 00 0a 00 00 03
    08 00 06 00 60 04 00 00
  `)

  it.each([
    ['create', createMarkedRoute, { type: 24, flags: 0x600 }],
    // Without "create": what somebody has removed meanwhile is not made anew.
    ['replace', replaceMarkedRoute, { type: 24, flags: 0x100 }],
    // The mark is told: the kernel removes nobody else's.
    ['delete', deleteMarkedRoute, { type: 25 }],
  ])('%s', (_, request, header) => {
    expect(request(route)).toMatchObject({ ...header, payload: bytes })
  })

  it('of IPv6', () => {
    const six = { ...route, destination: parseCidr('fd00:3::/64'), gateway: parseAddress('fd00::3') }
    expect(createMarkedRoute(six).payload).toEqual(
      hex(`
        0a 40 00 00 fe 70 00 01 00 00 00 00
        14 00 01 00 fd 00 00 03 00 00 00 00 00 00 00 00 00 00 00 00
        14 00 05 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 03
        08 00 06 00 60 04 00 00
      `),
    )
  })
})
