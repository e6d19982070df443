import { describe, expect, test } from 'vitest'
import { routesTo, sampleFabric } from './aws/sample-vpc.ts'
import type { VpcRoute } from './aws/vpc-state.ts'
import { commandsBetween, emptyProgram, kernelTable, legName, programFor } from './fabric-program.ts'
import type { FabricState, Port } from './fabric-state.ts'

const all = new Set(['eni-a1', 'eni-a2', 'eni-b1', 'eni-db'])
const [a, b, db] = ['rtb-a', 'rtb-b', 'rtb-db'].map(kernelTable)

/** What it takes from one state to another, or from nothing. */
const commands = (after: FabricState, before?: FabricState, plugged: ReadonlySet<string> = all) =>
  commandsBetween(
    before === undefined ? emptyProgram : programFor(before, plugged),
    programFor(after, plugged),
  )

const route = (destination: string, eni: string): VpcRoute => ({
  destination,
  target: { kind: 'eni', id: eni },
  state: 'active',
})

test('the whole program of two ENIs, one with its check on', () => {
  const state = sampleFabric({ a: routesTo('a1'), b: routesTo('b1') })
  const { 4: v4, 6: v6 } = commands(
    { ...state, tables: state.tables.slice(0, 1) },
    undefined,
    new Set(['eni-a1', 'eni-db']),
  )
  expect(v4).toEqual([
    `route replace blackhole 0.0.0.0/0 table ${a}`,
    `route replace 10.244.1.0/24 table ${a} via 10.0.1.10 dev ea1 onlink`,
    `route replace blackhole 10.0.0.0/16 table ${a}`,
    `route replace 10.0.1.10/32 table ${a} dev ea1`,
    `route replace blackhole 10.0.1.11/32 table ${a}`,
    `route replace blackhole 10.0.2.10/32 table ${a}`,
    `route replace 10.0.3.10/32 table ${a} dev edb`,
    `rule add pref 3000 from all iif ea1 blackhole`,
    `rule add pref 2000 from all iif ea1 lookup ${a}`,
    `rule add pref 3000 from all iif edb blackhole`,
    `rule add pref 1000 from 10.0.3.10/32 iif edb lookup ${db}`,
  ])
  expect(v6).toEqual([
    `route replace blackhole ::/0 table ${a}`,
    `route replace fd00:10:244:1::/64 table ${a} via fe80::2 dev ea1 onlink`,
    `route replace blackhole 2001:db8::/56 table ${a}`,
    `route replace 2001:db8:0:1::10/128 table ${a} dev ea1`,
    `route replace blackhole 2001:db8:0:1::11/128 table ${a}`,
    `route replace blackhole 2001:db8:0:2::10/128 table ${a}`,
    `route replace 2001:db8:0:3::10/128 table ${a} dev edb`,
    `rule add pref 3000 from all iif ea1 blackhole`,
    `rule add pref 2000 from all iif ea1 lookup ${a}`,
    `rule add pref 3000 from all iif edb blackhole`,
    `rule add pref 1000 from 2001:db8:0:3::10/128 iif edb lookup ${db}`,
  ])
})

test('a prefix is the ENI’s own: every table delivers it, and the check lets it pass', () => {
  const prefix = '2001:db8:0:1:8000::/80'
  const state = (prefixes: readonly string[]): FabricState =>
    sampleFabric({ a: [], b: [], db: [] }, { a1: { prefixes, sourceDestCheck: true } })
  const { 4: v4, 6: v6 } = commands(state([prefix]), state([]))
  expect(v4).toEqual([])
  expect(v6).toEqual([
    ...[a, b, db].map((table) => `route replace ${prefix} table ${table} via fe80::2 dev ea1 onlink`),
    `rule add pref 1000 from ${prefix} iif ea1 lookup ${a}`,
  ])
})

describe('a change costs no more than itself:', () => {
  const cases: readonly (readonly [string, FabricState, readonly string[]])[] = [
    ['nothing', sampleFabric(), []],
    [
      'a route less',
      sampleFabric({ a: [...routesTo('a1'), ...routesTo('a2')] }),
      [`route del 10.244.3.0/24 table ${a}`],
    ],
    [
      'a route that moves',
      sampleFabric({
        b: [
          ...routesTo('a1'),
          ...routesTo('a2'),
          route('10.244.3.0/24', 'eni-a1'),
          ...routesTo('b1').slice(1),
        ],
      }),
      [`route replace 10.244.3.0/24 table ${b} via 10.0.1.10 dev ea1 onlink`],
    ],
    [
      'a default route to a gateway, which the lab lacks',
      sampleFabric({
        db: [{ destination: '0.0.0.0/0', target: { kind: 'other', id: 'igw-1' }, state: 'active' }],
      }),
      [],
    ],
    ['a route inside the VPC', sampleFabric({ db: [route('10.0.1.0/24', 'eni-b1')] }), []],
    [
      'a check turned on: rules change places before the old one goes',
      sampleFabric({ a: [], b: [] }, { b1: { sourceDestCheck: true } }),
      [
        `rule add pref 1000 from 10.0.2.10/32 iif eb1 lookup ${b}`,
        `rule del pref 2000 from all iif eb1 lookup ${b}`,
      ],
    ],
  ]
  test.each(cases)('%s', (name, after, expected) => {
    const before = name.startsWith('a check') ? sampleFabric({ a: [], b: [] }) : sampleFabric()
    expect(commands(after, before)[4]).toEqual(expected)
  })
})

describe('drops, with a route that is there:', () => {
  const cases: readonly (readonly [string, FabricState, ReadonlySet<string>])[] = [
    ['blackhole', sampleFabric({ db: routesTo('a1', 'blackhole') }), all],
    ['check on', sampleFabric({ db: routesTo('a1') }, { a1: { sourceDestCheck: true } }), all],
    ['instance stopped', sampleFabric({ db: routesTo('a1') }, { a1: { up: false } }), all],
    ['no cable', sampleFabric({ db: routesTo('a1') }), new Set(['eni-db'])],
    ['unknown ENI', sampleFabric({ db: [route('10.244.1.0/24', 'eni-gone')] }), all],
    ['no IPv4 address at the ENI', sampleFabric({ db: routesTo('a1') }, { a1: { addresses: [] } }), all],
  ]
  test.each(cases)('%s', (_, state, plugged) => {
    expect(programFor(state, plugged).routes.get(`table ${db} 10.244.1.0/24`)?.via).toBe('blackhole')
  })
  test('and without any of these it delivers', () => {
    const program = programFor(sampleFabric({ db: routesTo('a1') }), all)
    expect(program.routes.get(`table ${db} 10.244.1.0/24`)?.via).toBe('via 10.0.1.10 dev ea1 onlink')
  })
})

describe('a route of several ports', () => {
  const port = (id: string, change: Partial<Port> = {}): Port => ({
    id,
    addresses: [`10.0.0.${id}`, `fd00::${id}`],
    ranges: [],
    gateways: [],
    forwards: true,
    table: 't',
    ...change,
  })
  const shared = (...ports: readonly Port[]): FabricState => ({
    ports: [port('1'), ...ports],
    tables: [
      {
        id: 't',
        routes: ['10.244.0.0/24', 'fd01::/64'].map((destination) => ({
          destination,
          ports: ports.map(({ id }) => id),
        })),
      },
    ],
  })
  const plugged = new Set(['1', '2', '3'])
  const viaOf = (state: FabricState, destination: string): string | undefined =>
    programFor(state, plugged).routes.get(`table ${kernelTable('t')} ${destination}`)?.via
  const [v4, v6] = ['10.244.0.0/24', 'fd01::/64']

  test('shares the connections', () => {
    const state = shared(port('2'), port('3'))
    expect(viaOf(state, v4)).toBe('nexthop via 10.0.0.2 dev e2 onlink nexthop via 10.0.0.3 dev e3 onlink')
    expect(viaOf(state, v6)).toBe('nexthop via fe80::2 dev e2 onlink nexthop via fe80::2 dev e3 onlink')
    expect(commands(state, undefined, plugged)[4]).toContain(
      `route replace ${v4} table ${kernelTable('t')} ${viaOf(state, v4)}`,
    )
  })

  test.each([
    ['does not forward', port('3', { forwards: false })],
    ['does not run', port('3', { table: undefined })],
    ['has no cable', port('4')],
  ])('drops the share of one that %s', (_, other) => {
    const state = shared(port('2'), other)
    expect(viaOf(state, v4)).toBe('nexthop via 10.0.0.2 dev e2 onlink nexthop via 192.0.2.1 dev void onlink')
    expect(viaOf(state, v6)).toBe('nexthop via fe80::2 dev e2 onlink nexthop via fe80::3 dev void onlink')
  })

  test('drops all if none takes anything', () => {
    expect(viaOf(shared(port('2', { forwards: false }), port('4')), v4)).toBe('blackhole')
  })
})

test('back to nothing, every command undoes one', () => {
  const program = programFor(sampleFabric(), all)
  const there = commandsBetween(emptyProgram, program)
  const back = commandsBetween(program, emptyProgram)
  for (const family of [4, 6] as const) {
    expect(back[family]).toHaveLength(there[family].length)
    expect(back[family].filter((line) => !line.includes(' del '))).toEqual([])
  }
})

test.each([
  ['eni-0123456789abcdef0', 'e3456789abcdef0'],
  ['eni-1a2b3c4d', 'e1a2b3c4d'],
  ['projects/p/zones/europe-west1-b/instances/node-1:nic0', 'enode-1-nic0'],
  [
    '/subscriptions/s/resourcegroups/g/providers/microsoft.network/networkinterfaces/node-1-nic',
    'enode-1-nic',
  ],
])('the cable to %s is %s, a name the kernel takes', (id, name) => {
  expect(legName(id)).toBe(name)
  expect(name.length).toBeLessThanOrEqual(15)
})
