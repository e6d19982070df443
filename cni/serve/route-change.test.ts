import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { OpError } from '../netlink/error.ts'
import type { TableRoute } from '../netlink/main-table.ts'
import { ServeError } from './parameters.ts'
import { decide, outcomeOf, readRouteChanges } from './route-change.ts'
import { tableOf } from './route-table.ts'

const d = '10.244.3.0/24'

/** A route of the table: ours unless told. */
function route(gateway: string | undefined, more: Partial<TableRoute> = {}): TableRoute {
  const way = { gateway: gateway === undefined ? undefined : parseAddress(gateway), index: 2, isDead: false }
  return {
    destination: parseCidr(d),
    kind: 'unicast',
    protocol: 112,
    scope: gateway === undefined ? 253 : 0,
    metric: 1120,
    ways: [way],
    ...more,
  }
}
const foreign = (gateway: string, metric = 0): TableRoute => route(gateway, { protocol: 4, metric })
const twoWays = route('10.0.0.3', { ways: [...route('10.0.0.3').ways, ...route('10.0.0.9').ways] })

type Change = Readonly<Record<string, string>>
const create = (gateway: string): Change => ({ op: 'create', destination: d, gateway })
const replace = (from: string, gateway: string): Change => ({ op: 'replace', destination: d, from, gateway })
const remove = (from: string): Change => ({ op: 'delete', destination: d, from })

/** The operations that the kernel is asked for, or what became of it without. */
function decided(change: Change, ...routes: readonly TableRoute[]): unknown {
  const [read] = readRouteChanges({ changes: [change] })
  if (read === undefined) throw new Error('no change')
  const decision = decide(read, tableOf(routes, new Set(['10.0.0.1'])))
  if ('requests' in decision) return decision.requests.map(({ operation }) => operation)
  const { outcome } = decision
  if (outcome.result === 'failed') return outcome.reason
  return outcome.existed === true ? 'existed' : 'done'
}

const cases: readonly {
  readonly name: string
  readonly change: Change
  readonly there: readonly TableRoute[]
  readonly so: unknown
}[] = [
  {
    name: 'create where nothing is',
    change: create('10.0.0.3'),
    there: [],
    so: [`create route ${d} via 10.0.0.3`],
  },
  { name: 'create of what is there', change: create('10.0.0.3'), there: [route('10.0.0.3')], so: 'existed' },
  {
    name: 'create of what a stranger has made',
    change: create('10.0.0.3'),
    there: [foreign('10.0.0.3')],
    so: 'existed',
  },
  {
    name: 'create beside another of ours',
    change: create('10.0.0.3'),
    there: [route('10.0.0.4')],
    so: 'changed',
  },
  {
    name: 'create beside a stranger’s',
    change: create('10.0.0.3'),
    there: [foreign('10.0.0.4')],
    so: 'changed',
  },
  {
    name: 'create beside a stranger’s that is worse',
    change: create('10.0.0.3'),
    there: [foreign('10.0.0.4', 9000)],
    so: 'changed',
  },
  {
    name: 'create beside a black hole',
    change: create('10.0.0.3'),
    there: [route(undefined, { kind: 'blackhole', protocol: 12, ways: [] })],
    so: 'changed',
  },
  {
    name: 'create over an address of the node itself',
    change: create('10.0.0.1'),
    there: [],
    so: 'unreachable',
  },
  {
    name: 'create of a part of the node’s own segment',
    change: { op: 'create', destination: '10.0.0.128/25', gateway: '10.0.0.3' },
    there: [route(undefined, { destination: parseCidr('10.0.0.0/24'), protocol: 2, metric: 0 })],
    so: 'refused',
  },
  {
    name: 'replace of ours',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [route('10.0.0.3')],
    so: [`replace route ${d} via 10.0.0.4`],
  },
  {
    name: 'replace of ours by itself writes it anew',
    change: replace('10.0.0.3', '10.0.0.3'),
    there: [route('10.0.0.3')],
    so: [`replace route ${d} via 10.0.0.3`],
  },
  {
    name: 'replace takes away what of ours is behind it',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [route('10.0.0.3'), route('10.0.0.5', { metric: 2000 })],
    so: [`replace route ${d} via 10.0.0.4`, `delete route ${d} via 10.0.0.5`],
  },
  {
    name: 'replace of what is done',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [route('10.0.0.4')],
    so: 'existed',
  },
  { name: 'replace of what is gone', change: replace('10.0.0.3', '10.0.0.4'), there: [], so: 'changed' },
  {
    name: 'replace of what leads elsewhere',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [route('10.0.0.5')],
    so: 'changed',
  },
  {
    name: 'replace of a stranger’s',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [foreign('10.0.0.3')],
    so: 'changed',
  },
  {
    name: 'replace of ours that a stranger’s hides',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [foreign('10.0.0.9'), route('10.0.0.3')],
    so: 'changed',
  },
  {
    name: 'replace where a stranger’s has our metric',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [route('10.0.0.3'), foreign('10.0.0.9', 1120)],
    so: 'changed',
  },
  {
    name: 'replace where a stranger has added a way to ours',
    change: replace('10.0.0.3', '10.0.0.4'),
    there: [twoWays],
    so: 'changed',
  },
  {
    name: 'delete of ours',
    change: remove('10.0.0.3'),
    there: [route('10.0.0.3')],
    so: [`delete route ${d} via 10.0.0.3`],
  },
  {
    name: 'delete of ours that a stranger’s hides',
    change: remove('10.0.0.3'),
    there: [foreign('10.0.0.9'), route('10.0.0.3')],
    so: [`delete route ${d} via 10.0.0.3`],
  },
  { name: 'delete of what is gone', change: remove('10.0.0.3'), there: [], so: 'done' },
  {
    name: 'delete of what leads elsewhere',
    change: remove('10.0.0.3'),
    there: [route('10.0.0.4')],
    so: 'changed',
  },
  { name: 'delete of a stranger’s', change: remove('10.0.0.3'), there: [foreign('10.0.0.3')], so: 'changed' },
  {
    name: 'delete where a stranger has added a way',
    change: remove('10.0.0.3'),
    there: [twoWays],
    so: 'changed',
  },
]

describe('what becomes of a change', () => {
  it.each(cases)('$name', ({ change, there, so }) => {
    expect(decided(change, ...there)).toEqual(so)
  })

  it.each([
    [17, 'changed'],
    [2, 'changed'],
    [101, 'unreachable'],
    [113, 'unreachable'],
    [1, 'system'],
    [12, 'system'],
  ])('the kernel says %i: %s', (errno, reason) => {
    const [change] = readRouteChanges({ changes: [create('10.0.0.3')] })
    if (change === undefined) throw new Error('no change')
    expect(outcomeOf(change, new OpError('create', errno, { sequence: 1 }))).toMatchObject({ reason, errno })
  })
})

describe('hostile requests', () => {
  const hostile: readonly (readonly [name: string, parameters: unknown, message: RegExp])[] = [
    ['no object', null, /parameters: is no object/],
    ['no list', { changes: 'all' }, /changes: is no list/],
    ['a field of nobody', { changes: [], table: 255 }, /no field "table"/],
    ['too many', { changes: Array(4_001).fill({}) }, /4001 entries/],
    ['another operation', { changes: [{ op: 'flush', destination: d }] }, /there is no "flush"/],
    ['no range', { changes: [{ ...create('10.0.0.3'), destination: 'default' }] }, /destination/],
    ['host bits', { changes: [{ ...create('10.0.0.3'), destination: '10.244.3.1/24' }] }, /destination/],
    ['everything', { changes: [{ ...create('10.0.0.3'), destination: '0.0.0.0/0' }] }, /too wide/],
    ['half of everything', { changes: [{ ...create('10.0.0.3'), destination: '128.0.0.0/1' }] }, /too wide/],
    [
      'the loopback',
      { changes: [{ ...create('10.0.0.3'), destination: '127.0.0.0/8' }] },
      /meaning of its own/,
    ],
    [
      'the metadata service',
      { changes: [{ ...create('10.0.0.3'), destination: '169.254.169.254/32' }] },
      /meaning/,
    ],
    ['multicast', { changes: [{ op: 'create', destination: 'ff02::/64', gateway: 'fd00::3' }] }, /meaning/],
    ['link-local', { changes: [{ op: 'create', destination: 'fe80::/64', gateway: 'fd00::3' }] }, /meaning/],
    ['another family', { changes: [create('fd00::3')] }, /not of the family/],
    ['a gateway behind itself', { changes: [create('10.244.3.3')] }, /lies in/],
    [
      'a create from something',
      { changes: [{ ...create('10.0.0.3'), from: '10.0.0.4' }] },
      /a create has none/,
    ],
    [
      'a delete to something',
      { changes: [{ ...remove('10.0.0.3'), gateway: '10.0.0.4' }] },
      /a delete has none/,
    ],
    ['a mark', { changes: [{ ...create('10.0.0.3'), protocol: 2 }] }, /no field "protocol"/],
    [
      'one destination twice',
      { changes: [create('10.0.0.3'), remove('10.0.0.4')] },
      /one destination, one change/,
    ],
  ]

  it.each(hostile)('%s', (_, parameters, message) => {
    expect(() => readRouteChanges(parameters)).toThrow(ServeError)
    expect(() => readRouteChanges(parameters)).toThrow(message)
  })
})
