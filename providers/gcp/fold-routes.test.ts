import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Target } from '../route.ts'
import { foldRoutes } from './fold-routes.ts'
import type { GceRoute } from './gce-route.ts'

const to = (name: string): Target => ({ kind: 'instance', id: `projects/p/zones/z/instances/${name}` })
const [a, b, c] = [to('a'), to('b'), to('c')]

const route = (target: Target, more: Partial<GceRoute> = {}): GceRoute => ({
  name: `r-${target.id}`,
  destination: parseCidr('10.244.3.0/24'),
  target,
  priority: 1000,
  state: 'active',
  origin: 'static',
  isMarked: false,
  tags: [],
  description: '',
  ...more,
})
const ours = (target: Target, more: Partial<GceRoute> = {}): GceRoute =>
  route(target, { isMarked: true, ...more })

describe('of several routes to one destination', () => {
  test.each<[name: string, routes: readonly GceRoute[], folded: object]>([
    ['one alone is itself', [ours(a)], { target: a }],
    ['a foreign one says so', [route(a)], { target: a, isForeign: true }],
    [
      'the better priority is used, and a worse foreign one matters to nobody',
      [ours(a), route(b, { priority: 2000 })],
      { target: a },
    ],
    [
      'of ours the worse one is surplus: a move was cut off',
      [ours(a), ours(b, { priority: 999 })],
      { target: b, surplus: [{ target: a, shares: false, isMarked: true }] },
    ],
    [
      'a foreign one that shares the packets is told',
      [ours(a), route(b)],
      { target: a, surplus: [{ target: b, shares: true, isMarked: false }] },
    ],
    [
      'a better foreign one is what is used, beside ours',
      [ours(a), route(b, { priority: 10 })],
      { target: b, isForeign: true, surplus: [{ target: a, shares: false, isMarked: true }] },
    ],
    [
      'of two of ours that share, the first by name is told',
      [ours(b), ours(a)],
      { target: a, surplus: [{ target: b, shares: true, isMarked: true }] },
    ],
    [
      'all that share are told, each once',
      [ours(a), route(b), route(b, { name: 'twin' }), route(c)],
      {
        target: a,
        surplus: [
          { target: b, shares: true, isMarked: false },
          { target: c, shares: true, isMarked: false },
        ],
      },
    ],
    ['two of ours to one target are one', [ours(a), ours(a, { priority: 2000 })], { target: a }],
    [
      'a foreign one beside ours, to the same target, is told: ours may be to lead elsewhere',
      [ours(a), route(a, { name: 'twin' })],
      { target: a, surplus: [{ target: a, shares: true, isMarked: false }] },
    ],
    [
      'so is one that is better',
      [route(a), ours(a, { priority: 2000 })],
      { target: a, surplus: [{ target: a, shares: true, isMarked: false }] },
    ],
    ['a worse one matters to nobody', [ours(a), route(a, { name: 'twin', priority: 2000 })], { target: a }],
    ['a dead end', [ours(a, { state: 'blackhole' })], { target: a, state: 'blackhole' }],
    [
      'a dead end whose twin lives is none',
      [ours(a, { state: 'blackhole' }), route(a, { name: 'twin' })],
      { target: a, surplus: [{ target: a, shares: true, isMarked: false }] },
    ],
  ])('%s', (_name, routes, folded) => {
    const expected = { destination: routes[0]?.destination, state: 'active', origin: 'static', ...folded }
    expect(foldRoutes(routes)).toEqual([expected])
    expect(foldRoutes(routes.toReversed())).toEqual([expected])
  })
})

test('destinations, families and what is not static are kept apart', () => {
  const others = [
    route(b, { destination: parseCidr('10.244.4.0/24') }),
    route(b, { destination: parseCidr('fd00:10:244:3::/64') }),
  ]
  const peers = route(c, { origin: 'propagated' })
  const folded = foldRoutes([ours(a), ...others, peers])
  expect(folded.map(({ target }) => target)).toEqual([a, b, b, c])
  expect(folded.at(-1)).toMatchObject({ origin: 'propagated' })
})

test('nothing is nothing', () => expect(foldRoutes([])).toEqual([]))
