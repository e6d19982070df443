import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { ExaminedCluster } from './examined.ts'
import type { Quota } from './provider.ts'
import { roomProblems } from './route-room.ts'

type Usage = Quota['families'][number]

const pool = (range: string, nodes: bigint) => ({ range: parseCidr(range), nodes })
const cluster = (nodes: readonly (readonly string[])[], pools: ExaminedCluster['pools'] = []) => ({
  clusterName: 'prod',
  nodes: nodes.map((podCIDRs, index) => ({
    name: `node-${index}`,
    addresses: [],
    podCIDRs: podCIDRs.map(parseCidr),
  })),
  pools,
})
const dual = ['10.244.0.0/24', 'fd00::/64']

test.each<{
  readonly name: string
  readonly usage: Usage
  readonly there?: readonly string[]
  readonly of: ExaminedCluster
  readonly problems: readonly unknown[]
}>([
  { name: 'room', usage: { family: 4, used: 1, limit: 10 }, of: cluster([dual]), problems: [] },
  {
    name: 'no room for what is missing',
    usage: { family: 4, used: 9, limit: 9 },
    of: cluster([dual]),
    problems: [{ kind: 'full', missing: 1 }],
  },
  {
    name: 'one limit for both families: a dual-stack Node takes two',
    usage: { family: 'both', used: 8, limit: 9 },
    of: cluster([dual]),
    problems: [{ kind: 'full', missing: 2 }],
  },
  {
    name: 'what has a route needs none',
    usage: { family: 'both', used: 9, limit: 9 },
    there: dual,
    of: cluster([dual]),
    problems: [{ kind: 'nearly-full', needed: 9 }],
  },
  {
    name: 'a Node without podCIDRs gets one of each family that has a pool',
    usage: { family: 'both', used: 1, limit: 2 },
    of: cluster([[]], [pool('10.244.0.0/23', 1n), pool('fd00::/63', 1n)]),
    problems: [{ kind: 'full', missing: 2 }],
  },
  {
    name: 'pools for more Nodes than there is room: the smaller family says how many, and each takes two',
    usage: { family: 'both', used: 3, limit: 20 },
    of: cluster([], [pool('10.244.0.0/16', 256n), pool('fd00::/60', 16n)]),
    problems: [{ kind: 'pools-exceed', nodes: 16n, others: 3n }],
  },
  {
    name: 'pools of the other family are no matter',
    usage: { family: 6, used: 3, limit: 10 },
    of: cluster([], [pool('10.244.0.0/16', 256n)]),
    problems: [],
  },
])('$name', ({ of, problems, there = [], usage }) => {
  expect(roomProblems(usage, there.map(parseCidr), of)).toEqual(problems)
})

test('what the network delegates needs no route', () => {
  const usage: Usage = { family: 'both', used: 0, limit: 1 }
  expect(roomProblems(usage, [], cluster([dual]), ({ family }) => family === 6)).toEqual([
    { kind: 'nearly-full', needed: 1 },
  ])
})
