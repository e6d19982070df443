import { describe, expect, test } from 'vitest'
import { leftovers, readThings } from './leftovers.ts'

const sections = [
  '[{"ifname":"lo","addr_info":[{"local":"127.0.0.1","prefixlen":8}]},{"ifname":"eth0","addr_info":[]}]\n',
  'default via 10.0.1.1 dev eth0 onlink \nlocal 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 \n',
  'default via fe80::1 dev eth0 metric 1024 pref medium\nanycast fe80:: dev eth0 table local proto kernel metric 0\n',
  '0:\tfrom all lookup local\n',
  '',
  'pod-1\n',
  '/var/lib/cni/networks/net/lock\n/var/lib/cni/networks/net/last_reserved_ip.0\n/var/lib/cni/networks/net/10.244.1.2\n',
  'table inet podway {\n}\n',
]

test('a snapshot has what somebody made, and not what follows from it or stays by design', () => {
  expect(readThings(sections.join('\0'))).toEqual([
    'interface lo',
    'address 127.0.0.1/8 on lo',
    'interface eth0',
    'IPv4 route default via 10.0.1.1 dev eth0 onlink',
    'IPv6 route default via fe80::1 dev eth0 metric 1024 pref medium',
    'IPv4 rule 0: from all lookup local',
    'pod namespace pod-1',
    'file /var/lib/cni/networks/net/10.244.1.2',
    'nf_tables table inet podway {',
    'nf_tables }',
  ])
})

test('a route into the local table that is not the kernel’s own counts', () => {
  const things = readThings(['[]', 'local 10.9.0.0/16 dev lo table local scope host \n'].join('\0'))
  expect(things).toEqual(['IPv4 route local 10.9.0.0/16 dev lo table local scope host'])
})

describe('leftovers', () => {
  const before = [{ machine: 'a', things: ['interface lo', 'interface eth0'] }]
  const cases: readonly (readonly [string, typeof before, readonly string[]])[] = [
    ['none', [{ machine: 'a', things: ['interface eth0', 'interface lo'] }], []],
    [
      'one more',
      [{ machine: 'a', things: ['interface lo', 'interface eth0', 'interface veth1'] }],
      ['a: left behind: interface veth1'],
    ],
    ['one less', [{ machine: 'a', things: ['interface lo'] }], ['a: gone: interface eth0']],
    ['a machine that is no more', [], []],
    ['a machine never seen', [{ machine: 'b', things: [] }], ['b: no snapshot from before']],
  ]
  test.each(cases)('%s', (_, after, expected) => {
    expect(leftovers(before, after)).toEqual(expected)
  })
})
