import { describe, expect, test } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import type { WireInstance, WireInterface } from './gce-api.ts'
import { aliasRoutesTo } from './alias-ranges.ts'

const target = { kind: 'instance', id: 'projects/p/zones/z/instances/i' } as const
const routes = (nic: WireInterface, instance: WireInstance = { status: 'RUNNING' }): readonly string[] =>
  aliasRoutesTo(nic, target, instance).map(
    ({ destination, origin, state }) => `${formatCidr(destination)} ${origin} ${state}`,
  )

describe('what is delivered to an interface', () => {
  test.each<[name: string, nic: WireInterface, expected: readonly string[]]>([
    ['nothing', {}, []],
    [
      'alias ranges, of secondary ranges and of the primary one; a single address has no length',
      {
        aliasIpRanges: [
          { ipCidrRange: '10.244.3.0/24', subnetworkRangeName: 'pods' },
          { ipCidrRange: '10.0.0.9' },
        ],
      },
      ['10.244.3.0/24 static active', '10.0.0.9/32 static active'],
    ],
    [
      'those of IPv6, which Google chooses: nobody’s to adopt, or to take away',
      { aliasIpv6Ranges: [{ ipCidrRange: 'fd20:1::/96', subnetworkRangeName: 'pods6' }] },
      ['fd20:1::/96 local active'],
    ],
    [
      // cloud_cidr_allocator.go
      'the first /112 of its own IPv6, internal or external',
      { ipv6Address: 'fd20::2:0:0', ipv6AccessConfigs: [{ externalIpv6: '2600:1900::' }] },
      ['fd20::2:0:0/112 local active', '2600:1900::/112 local active'],
    ],
    [
      'what makes no sense hides nothing else',
      { aliasIpRanges: [{}, { ipCidrRange: 'x/24' }, { ipCidrRange: '10.244.3.0/24' }] },
      ['10.244.3.0/24 static active'],
    ],
  ])('%s', (_, nic, expected) => expect(routes(nic)).toEqual(expected))

  test('leads nowhere while the instance is stopped', () => {
    expect(routes({ aliasIpRanges: [{ ipCidrRange: '10.244.3.0/24' }] }, { status: 'TERMINATED' })).toEqual([
      '10.244.3.0/24 static blackhole',
    ])
  })
})
