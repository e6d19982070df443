import { describe, expect, test } from 'vitest'
import { people } from '../journal.ts'
import { MadeUp, cidr } from './testing/made-up.ts'

/** What each promise lets pass, and what it does not: a checker that never complains proves nothing. */

const target = 'eni-n1'
const longMs = 60_000

/** n1 runs, has the podCIDR, is routed, and everybody knows. */
const routed = (): MadeUp =>
  new MadeUp()
    .machine('n1')
    .node('n1', { podCIDRs: [cidr] })
    .tell()
    .create(cidr, target)

type Story = readonly [name: string, tell: () => MadeUp]

const fine: readonly Story[] = [
  ['a node is routed', routed],
  [
    'a node that is gone is unrouted',
    () => routed().leave('n1').pass(longMs).lead().change('a1', { op: 'delete', destination: cidr }),
  ],
  [
    'a route that others changed while its Node lives is put right',
    () =>
      routed()
        .change(people, { op: 'replace', destination: cidr, target: 'igw' })
        .pass(longMs)
        .lead()
        .change('a1', { op: 'replace', destination: cidr, target }),
  ],
  [
    'what others did a moment ago is not known yet',
    () =>
      routed()
        .leave('n1')
        .pass(longMs)
        .lead()
        .change(people, { op: 'replace', destination: cidr, target: 'igw' })
        .pass(1_000)
        .change('a1', { op: 'delete', destination: cidr }),
  ],
  [
    'a record that others delete comes back, and the route is as it was',
    () =>
      routed()
        .record(cidr, target, { by: people, isDeleting: true })
        .forget(cidr)
        .record(cidr, target)
        .leave('n1')
        .change('a1', { op: 'delete', destination: cidr }),
  ],
  [
    'the route of a Node of which the process has not heard is deleted',
    () =>
      routed()
        .leave('n1')
        .node('n2', { podCIDRs: [cidr] })
        .change('a1', { op: 'delete', destination: cidr }),
  ],
  [
    'the route of a Node goes that the only list lacked that the process has seen',
    () =>
      new MadeUp()
        .machine('n1')
        .node('n1', { podCIDRs: [cidr] })
        .create(cidr, target)
        .leave('n1')
        .node('n2', { podCIDRs: [cidr] })
        .tell('a1', [])
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
  ],
  ['ten running machines lose their routes', () => massDelete(10)],
  ['so do more whose machines are terminated', () => massDelete(15, { state: 'terminated' })],
  ['and those that a person let go', () => massDelete(15, { isReleased: true })],
  [
    'podCIDRs are given',
    () =>
      new MadeUp()
        .machine('n1')
        .node('n1')
        .node('n1', { podCIDRs: [cidr] }, 'a1'),
  ],
  [
    'a machine gets its podCIDR back, whose route still leads to it',
    () =>
      routed()
        .leave('n1')
        .node('n2', { providerID: 'id-n1' })
        .node('n2', { podCIDRs: [cidr] }, 'a1'),
  ],
  [
    'a Node that is routed is told so',
    () => routed().pass(longMs).node('n1', { unavailable: 'False RouteCreated' }, 'a1'),
  ],
  ['a leader writes until its term ends', () => routed().pass(9_900).write('nodes')],
  ['what was sent in time arrives later', () => routed().pass(12_000).write('nodes', 'a1', 9_000)],
  ['Events are written by everybody', () => routed().pass(longMs).write('events').write('leases', 'b1')],
  ['the share of the bucket is used up', () => calls(5)],
  [
    'the new route is made before the old one goes',
    () =>
      routed()
        .machine('n2')
        .leave('n1')
        .node('n2', { podCIDRs: [cidr] })
        .tell()
        .pass(longMs)
        .lead()
        .record(cidr, 'eni-n2')
        .change('a1', { op: 'create', destination: cidr, target: 'eni-n2', name: 'new' })
        .change('a1', { op: 'delete', destination: cidr }),
  ],
  [
    'a foreign route beside ours is left, and nothing is made beside it',
    () =>
      routed()
        .change(people, { op: 'create', destination: cidr, target: 'igw', name: 'theirs', priority: 5 })
        .leave('n1')
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
  ],
  [
    'a delegated range moves: it is taken from one machine, and then given to the other',
    () =>
      delegated()
        .machine('n2')
        .node('n1', { providerID: 'id-n2' })
        .tell()
        .pass(longMs)
        .lead()
        .record(cidr, 'eni-n2')
        .change('a1', { op: 'delete', destination: cidr })
        .change('a1', { op: 'create', destination: cidr, target: 'eni-n2' }),
  ],
  [
    'of two Nodes that claim one range the other gets it',
    () =>
      delegated()
        .machine('n2')
        .node('n2', { podCIDRs: [cidr] })
        .tell()
        .pass(longMs)
        .lead()
        .record(cidr, 'eni-n2')
        .change('a1', { op: 'delete', destination: cidr })
        .change('a1', { op: 'create', destination: cidr, target: 'eni-n2' }),
  ],
  [
    'a delegated range that others have moved is put right',
    () =>
      delegated()
        .change(people, { op: 'delete', destination: cidr })
        .change(people, { op: 'create', destination: cidr, target: 'eni-other' })
        .pass(longMs)
        .lead()
        .record(cidr, target)
        .change('a1', { op: 'delete', destination: cidr })
        .change('a1', { op: 'create', destination: cidr, target }),
  ],
  [
    'a foreign route that matches is adopted, and goes with its Node',
    () => adopted(target).leave('n1').pass(longMs).lead().change('a1', { op: 'delete', destination: cidr }),
  ],
  ['a full table is asked once a minute', () => asksFullTable(60_000)],
  [
    'and again as soon as somebody has made room',
    () => asksFullTable(10_000, (story) => story.add(people, { kind: 'room' })),
  ],
]

const broken: readonly (readonly [...Story, invariant: string])[] = [
  [
    'a delegated range of others is taken away',
    () =>
      delegated()
        .change(people, { op: 'create', destination: '10.244.9.0/28', target })
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: '10.244.9.0/28' }),
    'ownership',
  ],
  [
    'a delegated range is taken from the machine that is to have it',
    () => delegated().pass(longMs).lead().change('a1', { op: 'delete', destination: cidr }),
    'evidence',
  ],
  [
    'a delegated range is taken from its Node for a machine that has none',
    () =>
      delegated()
        .machine('n2')
        .pass(longMs)
        .lead()
        .record(cidr, 'eni-n2')
        .change('a1', { op: 'delete', destination: cidr }),
    'evidence',
  ],
  [
    'two machines have parts of one range',
    () =>
      delegated()
        .machine('n2')
        .record('10.244.1.128/25', 'eni-n2')
        .change('a1', { op: 'create', destination: '10.244.1.128/25', target: 'eni-n2' }),
    'delegation',
  ],
  [
    'a range comes of which the ledger has let go, since it was not there yet',
    () =>
      delegated()
        .record('10.244.7.0/24', target)
        .leave('n1')
        .forget('10.244.7.0/24')
        .add('a1', {
          kind: 'route',
          sentAt: 0,
          change: { op: 'create', table: 't1', destination: '10.244.7.0/24', target },
        }),
    'delegation',
  ],
  [
    'a range is asked for before it is taken from the machine that has it',
    () =>
      delegated()
        .machine('n2')
        .pass(longMs)
        .lead()
        .record(cidr, 'eni-n2')
        .add('a1', {
          kind: 'cloud-call',
          sentAt: longMs,
          action: 'instances.updateNetworkInterface',
          isWrite: true,
          asks: [{ op: 'create', table: 't1', destination: cidr, target: 'eni-n2' }],
        }),
    'delegation',
  ],
  [
    'a foreign route is deleted',
    () =>
      routed()
        .change(people, { op: 'create', destination: '10.9.0.0/16', target: 'igw' })
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: '10.9.0.0/16' }),
    'ownership',
  ],
  [
    'a foreign route is replaced',
    () =>
      new MadeUp()
        .change(people, { op: 'create', destination: cidr, target: 'igw' })
        .pass(longMs)
        .lead()
        .record(cidr, target)
        .change('a1', { op: 'replace', destination: cidr, target }),
    'ownership',
  ],
  [
    'what others made of a route is deleted with its node',
    () =>
      routed()
        .leave('n1')
        .change(people, { op: 'replace', destination: cidr, target: 'igw' })
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
    'ownership',
  ],
  [
    'a route is replaced that podway let go of, and others made since',
    () =>
      routed()
        .forget(cidr)
        .change(people, { op: 'replace', destination: cidr, target: 'igw' })
        .pass(longMs)
        .lead()
        .record(cidr, target)
        .change('a1', { op: 'replace', destination: cidr, target }),
    'ownership',
  ],
  [
    'the old route goes before the new one is made',
    () =>
      routed()
        .machine('n2')
        .leave('n1')
        .node('n2', { podCIDRs: [cidr] })
        .tell()
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
    'evidence',
  ],
  [
    'a route is made beside a foreign one',
    () =>
      new MadeUp()
        .change(people, { op: 'create', destination: cidr, target: 'igw', name: 'theirs', priority: 5 })
        .pass(longMs)
        .lead()
        .record(cidr, target)
        .change('a1', { op: 'create', destination: cidr, target, name: 'ours', priority: 4 }),
    'ownership',
  ],
  [
    'the foreign twin of a route of podway is deleted',
    () =>
      routed()
        .change(people, { op: 'create', destination: cidr, target, name: 'theirs' })
        .leave('n1')
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr, name: 'theirs' }),
    'ownership',
  ],
  [
    'what others did a moment ago is overwritten, where writes are conditional',
    () =>
      new MadeUp({ isConditional: true })
        .change(people, { op: 'create', destination: '10.9.0.0/16', target: 'igw' })
        .pass(1_000)
        .change('a1', { op: 'delete', destination: '10.9.0.0/16' }),
    'ownership',
  ],
  [
    'a tag of a table is lost',
    () => new MadeUp().add('a1', { kind: 'table-edit', what: 'changed the tags of t1' }),
    'ownership',
  ],
  [
    'a Node is told to be routed by a route that is not in force yet',
    () =>
      new MadeUp()
        .add(people, { kind: 'in-force', table: 't1', routes: [] })
        .machine('n1')
        .node('n1', { podCIDRs: [cidr] })
        .create(cidr, target)
        .pass(400_000)
        .node('n1', { unavailable: 'False RouteCreated' }, 'a1'),
    'condition',
  ],
  [
    'a live Node loses its route',
    () => routed().pass(longMs).lead().change('a1', { op: 'delete', destination: cidr }),
    'evidence',
  ],
  ['eleven running machines lose their routes', () => massDelete(11), 'brake'],
  [
    'a podCIDR is given twice',
    () =>
      new MadeUp()
        .node('n1', { podCIDRs: [cidr] })
        .tell()
        .node('n2')
        .pass(longMs)
        .node('n2', { podCIDRs: ['10.244.0.0/16'] }, 'a1'),
    'addresses',
  ],
  [
    'a podCIDR is given whose old route is still there',
    () =>
      routed()
        .leave('n1')
        .pass(longMs)
        .machine('n2')
        .node('n2')
        .node('n2', { podCIDRs: [cidr] }, 'a1'),
    'addresses',
  ],
  [
    'podCIDRs are changed',
    () => new MadeUp().node('n1', { podCIDRs: [cidr] }).node('n1', { podCIDRs: ['10.244.7.0/24'] }, 'a1'),
    'addresses',
  ],
  [
    'a route is written that no record has',
    () => new MadeUp().change('a1', { op: 'create', destination: cidr, target }),
    'ledger before cloud',
  ],
  [
    'the record names another table',
    () =>
      new MadeUp()
        .record(cidr, target, { tables: ['t2'] })
        .change('a1', { op: 'create', destination: cidr, target }),
    'ledger before cloud',
  ],
  [
    'the record comes after the call was sent',
    () =>
      new MadeUp()
        .pass(100)
        .record(cidr, 'eni-n2')
        .pass(100)
        .change('a1', { op: 'create', destination: cidr, target }),
    'ledger before cloud',
  ],
  [
    'a Node is told to be routed that has a route in one of two tables',
    () =>
      routed()
        .add(people, { kind: 'tables', tables: ['t1', 't2'] })
        .pass(400_000)
        .node('n1', { unavailable: 'False RouteCreated' }, 'a1'),
    'condition',
  ],
  [
    'a Node is told to be routed without podCIDRs',
    () => new MadeUp().node('n1').node('n1', { unavailable: 'False RouteCreated' }, 'a1'),
    'condition',
  ],
  [
    "a CNI's condition is overwritten",
    () =>
      new MadeUp()
        .node('n1', { unavailable: 'False CalicoIsUp' })
        .node('n1', { unavailable: 'True NoRouteCreated' }, 'a1'),
    'foreign conditions',
  ],
  [
    'another condition is written',
    () => new MadeUp().node('n1').node('n1', { rest: 'Ready' }, 'a1'),
    'foreign conditions',
  ],
  ['a write is sent after the term', () => routed().pass(10_100).write('nodes'), 'term'],
  ['a write is sent by one that never led', () => routed().write('noderoutes', 'b1'), 'term'],
  ['a write is sent after another took over', () => routed().lead('b1').pass(1_000).write('nodes'), 'term'],
  [
    'a call to the cloud is made after the term',
    () => routed().pass(10_100).change('a1', { op: 'delete', destination: '10.244.9.0/24' }),
    'term',
  ],
  ['more is asked than the share', () => calls(6), 'budget'],
  ['the program ends by itself', () => new MadeUp().add('a1', { kind: 'crash', message: 'boom' }), 'alive'],
  [
    'a foreign route that matches is adopted though nobody said so',
    () =>
      adopted(target, { adopts: false })
        .leave('n1')
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
    'ownership',
  ],
  [
    'a foreign route that leads elsewhere is adopted',
    () => adopted('igw').leave('n1').pass(longMs).lead().change('a1', { op: 'delete', destination: cidr }),
    'ownership',
  ],
  [
    'a foreign route to what no Node has is adopted',
    () =>
      new MadeUp({ adopts: true })
        .change(people, { op: 'create', destination: cidr, target })
        .record(cidr, target)
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
    'ownership',
  ],
  [
    'a route is deleted that was adopted, and given back since',
    () =>
      adopted(target)
        .record(cidr, target, { tables: [] })
        .leave('n1')
        .pass(longMs)
        .lead()
        .change('a1', { op: 'delete', destination: cidr }),
    'ownership',
  ],
  ['a full table is asked again and again', () => asksFullTable(10_000), 'full tables'],
]

/** As {@link routed}, but that the table is of what the network delegates. */
const delegated = (): MadeUp =>
  new MadeUp()
    .add(people, {
      kind: 'tables',
      tables: ['t1'],
      holds: { t1: { which: 'inside', ranges: ['10.244.0.0/16'] } },
    })
    .machine('n1')
    .node('n1', { podCIDRs: [cidr] })
    .tell()
    .create(cidr, target)

/** The route of n1 is people's, and the ledger claims it. */
function adopted(to: string, { adopts = true } = {}): MadeUp {
  return new MadeUp({ adopts })
    .machine('n1')
    .node('n1', { podCIDRs: [cidr] })
    .tell()
    .change(people, { op: 'create', destination: cidr, target: to })
    .record(cidr, to)
    .pass(longMs)
    .lead()
}

/** @param between what happens after each refusal */
function asksFullTable(everyMs: number, between: (story: MadeUp) => unknown = () => undefined): MadeUp {
  const story = new MadeUp()
  for (let i = 0; i < 12; i++) {
    const sentAt = i * everyMs
    const full = { table: 't1', family: 'v4' } as const
    story.lead().add('a1', { kind: 'cloud-call', sentAt, action: 'CreateRoute', isWrite: true, full })
    between(story)
    story.pass(everyMs)
  }
  return story
}

function massDelete(
  count: number,
  {
    isReleased = false,
    state = 'running',
  }: { readonly isReleased?: boolean; readonly state?: 'running' | 'terminated' } = {},
): MadeUp {
  const story = new MadeUp()
  const all = Array.from({ length: 20 }, (_, index) => `10.244.${index}.0/24`)
  for (const [index, destination] of all.entries())
    story.machine(`n${index}`).create(destination, `eni-n${index}`).pass(10_000).lead()
  for (const [index, destination] of all.slice(0, count).entries())
    story
      .machine(`n${index}`, state)
      .record(destination, `eni-n${index}`, { isReleased })
      .change('a1', { op: 'delete', destination })
      .pass(9_000)
      .lead()
  return story
}

function calls(count: number): MadeUp {
  const story = new MadeUp()
  for (let i = 0; i < count; i++)
    story.add('a1', {
      kind: 'cloud-call',
      sentAt: 1,
      action: 'DescribeInstances',
      isWrite: false,
    })
  return story
}

describe('what is fine', () => {
  test.each(fine)('%s', (_name, tell) => {
    expect(tell().violations).toEqual([])
  })
})

describe('what is not', () => {
  test.each(broken)('%s', (_name, tell, invariant) => {
    expect(tell().broken).toEqual([invariant])
  })
})
