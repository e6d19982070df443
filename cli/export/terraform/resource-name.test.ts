import { test as property } from '@fast-check/vitest'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { resourceName } from './resource-name.ts'

const nameOf = (table: string, destination: string): string => resourceName(table, parseCidr(destination))

test.each<[table: string, destination: string, name: string]>([
  ['rtb-0a1b2c3d', '10.244.3.0/24', 'pods_rtb-0a1b2c3d_10-244-3-0_24'],
  ['rtb-0a1b2c3d', 'fd00:10:244:3::/64', 'pods_rtb-0a1b2c3d_fd00-10-244-3--_64'],
  ['projects/p-1/global/networks/prod', '10.244.3.0/24', 'pods_prod-b430be7a0c_10-244-3-0_24'],
  [
    '/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/routeTables/Nodes.A_1',
    '10.244.3.0/24',
    'pods_nodes-a-1-23a2e01a39_10-244-3-0_24',
  ],
])('%s, %s', (table, destination, name) => {
  expect(nameOf(table, destination)).toBe(name)
})

describe('of two routes never the same', () => {
  test.each<[what: string, a: readonly [string, string], b: readonly [string, string]]>([
    [
      'networks of two projects',
      ['projects/a/global/networks/n', '10.0.0.0/8'],
      ['projects/b/global/networks/n', '10.0.0.0/8'],
    ],
    [
      'names that differ by a sign',
      ['/x/routeTables/a.b', '10.0.0.0/8'],
      ['/x/routeTables/a_b', '10.0.0.0/8'],
    ],
    ['lengths', ['rtb-1', '10.0.0.0/8'], ['rtb-1', '10.0.0.0/16']],
    ['both families', ['rtb-1', '0.0.0.0/0'], ['rtb-1', '::/0']],
    ['where the zeros are', ['rtb-1', 'fd00:0:0:1::/64'], ['rtb-1', 'fd00:1::/64']],
  ])('%s', (_what, a, b) => {
    expect(nameOf(...a)).not.toBe(nameOf(...b))
  })

  const cidr = fc
    .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
    .filter(([address]) => !address.includes('.'))
    .map(([address, length]) => parseMasked(address, length))
  property.prop([cidr, cidr])('destinations', (a, b) => {
    expect(resourceName('t', a) === resourceName('t', b)).toBe(formatCidr(a) === formatCidr(b))
    expect(resourceName('/Ä/ß', a)).toMatch(/^[A-Za-z_][A-Za-z0-9_-]*$/)
  })
})

test('Azure’s ids are the same in any case', () => {
  expect(nameOf('/A/B', '10.0.0.0/8')).toBe(nameOf('/a/b', '10.0.0.0/8'))
})

function parseMasked(address: string, length: number) {
  for (let bits = length; bits < 128; bits++)
    try {
      return parseCidr(`${address}/${bits}`)
    } catch {
      // Host bits: a longer prefix has fewer of them.
    }
  return parseCidr(`${address}/128`)
}
