import { expect, test } from 'vitest'
import { people } from '../journal.ts'
import { unsettled } from './settled.ts'
import { MadeUp, cidr } from './testing/made-up.ts'

const settled = (): MadeUp =>
  new MadeUp()
    .machine('n1')
    .node('n1', { podCIDRs: [cidr], unavailable: 'False RouteCreated' })
    .create(cidr, 'eni-n1')

const foreign = (): MadeUp =>
  new MadeUp({ adopts: true })
    .machine('n1')
    .node('n1', { podCIDRs: [cidr], unavailable: 'False RouteCreated' })
    .change(people, { op: 'create', destination: cidr, target: 'eni-n1' })

test.each<[name: string, story: () => MadeUp, said: readonly string[]]>([
  ['all is done', settled, []],
  [
    'a node without podCIDRs',
    () => settled().node('n2', { unavailable: 'True NoRouteCreated' }),
    ['node n2 has no podCIDRs'],
  ],
  [
    'a route that is missing',
    () => settled().change(people, { op: 'delete', destination: cidr }),
    [`${cidr} is missing in t1`, 'node n1 is not routed, and its condition is False RouteCreated'],
  ],
  [
    'a route of podway that leads elsewhere',
    () => settled().change('a1', { op: 'replace', destination: cidr, target: 'eni-n9' }),
    [`${cidr} leads to eni-n9 in t1`, 'node n1 is not routed, and its condition is False RouteCreated'],
  ],
  [
    'a foreign route in its place',
    () =>
      settled()
        .change(people, { op: 'replace', destination: cidr, target: 'igw' })
        .node('n1', { unavailable: 'True ForeignRoute' }),
    [],
  ],
  [
    'a part of its range that somebody else has, so that nobody can',
    () =>
      settled()
        .add(people, {
          kind: 'tables',
          tables: ['t1'],
          holds: { t1: { which: 'inside', ranges: ['10.244.0.0/16'] } },
        })
        .change(people, { op: 'delete', destination: cidr })
        .change(people, { op: 'create', destination: '10.244.1.0/28', target: 'eni-other' })
        .node('n1', { unavailable: 'True RouteLost' }),
    [],
  ],
  [
    'a table that is for other destinations',
    () =>
      settled().add(people, {
        kind: 'tables',
        tables: ['t1', 't2'],
        holds: { t2: { which: 'inside', ranges: ['10.9.0.0/16'] } },
      }),
    [],
  ],
  [
    'a foreign route in a table that came later',
    () =>
      settled()
        .pass(1)
        .add(people, { kind: 'tables', tables: ['t1', 't2'] })
        .change(people, { op: 'create', table: 't2', destination: cidr, target: 'igw' }),
    [],
  ],
  [
    'a second route of podway to one destination',
    () =>
      settled().change('a1', { op: 'create', destination: cidr, target: 'eni-n9', name: 'old', priority: 9 }),
    [`the route to ${cidr}, eni-n1, is left over in t1`, `the route to ${cidr}, eni-n9, is left over in t1`],
  ],
  [
    'a foreign route that shares the packets',
    () => settled().change(people, { op: 'create', destination: cidr, target: 'igw', name: 'theirs' }),
    ['node n1 is not routed, and its condition is False RouteCreated'],
  ],
  [
    'packets that follow what the table does not say',
    () => settled().add(people, { kind: 'in-force', table: 't1', routes: [] }),
    [`packets to ${cidr} go to nothing in t1, which says eni-n1`],
  ],
  [
    'what nobody needs any more',
    () => settled().leave('n1'),
    [`the route to ${cidr}, eni-n1, is left over in t1`, `the NodeRoute of ${cidr} is left over`],
  ],
  [
    'a condition that stays True',
    () => settled().node('n1', { unavailable: 'True NoRouteCreated' }),
    ['node n1 is routed, and its condition is True NoRouteCreated'],
  ],
  [
    'a foreign route that matches, where such are adopted',
    () => foreign(),
    [`the route to ${cidr} in t1 matches node n1, and was not adopted`],
  ],
  ['one that is adopted', () => foreign().record(cidr, 'eni-n1'), []],
  [
    'one that is left when its Node is gone',
    () => foreign().record(cidr, 'eni-n1').leave('n1'),
    [`the route to ${cidr}, eni-n1, is left over in t1`, `the NodeRoute of ${cidr} is left over`],
  ],
  ["a CNI's condition", () => settled().node('n1', { unavailable: 'False CalicoIsUp' }), []],
])('%s', (_name, story, said) => {
  expect(unsettled(story().sight)).toEqual(said)
})
