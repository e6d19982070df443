import { expect, test } from 'vitest'
import type { ObservedRoute } from '../../providers/route.ts'
import { destination, instance, observed, record } from '../testing/values.ts'
import { type AdoptableInput, type AdoptRefusal, adoptable } from './adoptable.ts'

const node = { name: 'node-1', uid: 'uid-1' }
const other = { name: 'node-2', uid: 'uid-2' }
const problem = (kind: 'waiting' | 'gone' | 'invalid') =>
  ({ problem: kind, message: `the cloud says ${kind}` }) as const

/** A foreign route to the only Node of the podCIDR, of which the ledger knows nothing. */
const given = (more: Partial<AdoptableInput> = {}): AdoptableInput => ({
  destination,
  observed: observed(instance('node-1')),
  claimants: [node],
  target: instance('node-1'),
  record: undefined,
  tableId: 'table-1',
  ...more,
})

test.each<[name: string, more: Partial<AdoptableInput>]>([
  ['no record', {}],
  ['the same in another table', { record: record({ tables: ['table-2'] }) }],
  ['a record of no table, for another node', { record: record({ tables: [], node: other }) }],
  ['a record of no table, with another target', { record: record({ tables: [], target: instance('x') }) }],
  ['a stopped instance', { observed: observed(instance('node-1'), { state: 'blackhole' }) }],
])('adopted: %s', (_name, more) => {
  expect(adoptable(given(more))).toEqual({ adopt: true, holder: node, target: instance('node-1') })
})

test('the holder is its name and uid, and nothing else that the claimant carries', () => {
  const claimant = { ...node, podCIDRs: ['10.244.3.0/24'] }
  expect(adoptable(given({ claimants: [claimant] }))).toMatchObject({ holder: node })
  expect(Object.keys((adoptable(given({ claimants: [claimant] })) as { holder: object }).holder)).toEqual([
    'name',
    'uid',
  ])
})

const from = (origin: ObservedRoute['origin']): Partial<AdoptableInput> => ({
  observed: observed(instance('node-1'), { origin }),
})

test.each<[name: string, more: Partial<AdoptableInput>, reason: AdoptRefusal, message: string]>([
  ['ours', { record: record() }, 'Owned', "podway's"],
  ['ours, whoever it is for', { record: record({ node: other }), claimants: [] }, 'Owned', "podway's"],
  ['a local route', from('local'), 'NotStatic', 'local route'],
  ['a propagated route', from('propagated'), 'NotStatic', 'propagated route'],
  ['a local route that the ledger names', { ...from('local'), record: record() }, 'NotStatic', 'local'],
  ['no Node', { claimants: [], target: undefined }, 'NoNode', 'no Node has 10.244.3.0/24'],
  ['two Nodes', { claimants: [other, node] }, 'Contested', 'several Nodes: node-1, node-2'],
  ['not asked yet', { target: undefined }, 'TargetUnknown', 'Node node-1 is not known yet'],
  ['waiting', { target: problem('waiting') }, 'TargetUnknown', 'the cloud says waiting'],
  ['gone', { target: problem('gone') }, 'TargetUnknown', 'the cloud says gone'],
  ['invalid', { target: problem('invalid') }, 'TargetUnknown', 'the cloud says invalid'],
  [
    'another node’s target',
    { observed: observed(instance('node-2')) },
    'OtherTarget',
    'it points at instance/node-2, and Node node-1 is instance/node-1',
  ],
  [
    'the same id of another kind',
    { observed: observed({ kind: 'other', id: 'node-1' }) },
    'OtherTarget',
    'other/node-1',
  ],
  [
    'elsewhere for another node',
    { record: record({ tables: ['table-2'], node: other }) },
    'Moving',
    'recorded for Node node-2',
  ],
  [
    'elsewhere for the node before of that name',
    { record: record({ tables: ['table-2'], node: { ...node, uid: 'uid-0' } }) },
    'Moving',
    'recorded for Node node-1',
  ],
  [
    'elsewhere with another target',
    { record: record({ tables: ['table-2'], target: instance('x') }) },
    'Moving',
    'and instance/x',
  ],
])('refused: %s', (_name, more, reason, message) => {
  expect(adoptable(given(more))).toEqual({
    adopt: false,
    reason,
    message: expect.stringContaining(message) as string,
  })
})
