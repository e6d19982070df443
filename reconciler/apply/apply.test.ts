import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Batch, Capabilities, Change, Outcome, RouteProvider } from '../../providers/provider.ts'
import { failure, instance } from '../testing/values.ts'
import { Applier } from './apply.ts'

const never = new AbortController().signal
const create = (text: string, node: string): Change => ({
  op: 'create',
  destination: parseCidr(text),
  target: instance(node),
})

interface Call {
  readonly table: string
  readonly changes: readonly Change[]
  readonly answer: (outcomes: readonly Outcome[]) => void
  readonly fail: (error: unknown) => void
}

function makeApplier(
  batch: Capabilities['batch'],
  untilEffective?: RouteProvider['untilEffective'],
): { readonly applier: Applier; readonly calls: Call[] } {
  const calls: Call[] = []
  const provider: RouteProvider = {
    name: 'test',
    capabilities: { families: [4, 6], replace: 'atomic', batch },
    tables: () => Promise.resolve([]),
    list: () => Promise.resolve({ routes: [] }),
    targets: () => Promise.resolve(new Map()),
    canonical: (route) => route,
    apply: ({ id }, { changes }: Batch) =>
      new Promise((answer, fail) => void calls.push({ table: id, changes, answer, fail })),
    ...(untilEffective === undefined ? {} : { untilEffective }),
  }
  return { applier: new Applier(provider, never), calls }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const done: Outcome = { result: 'done' }

/** How many calls, and with how many changes each, four changes of two nodes in two tables become. */
test.each<[scope: Capabilities['batch']['scope'], max: number, calls: readonly string[]]>([
  ['change', 1, ['t1 1', 't1 1', 't1 1', 't2 1']],
  ['target', 10, ['t1 2', 't1 1', 't2 1']],
  ['table', 10, ['t1 3', 't2 1']],
  ['table', 2, ['t1 2', 't2 1']],
])('lanes by %s, %i at most', async (scope, max, expected) => {
  const { applier, calls } = makeApplier({ scope, max })
  void applier.submit({ id: 't1' }, create('10.0.0.0/24', 'a'))
  void applier.submit({ id: 't1' }, create('10.0.1.0/24', 'a'))
  void applier.submit({ id: 't1' }, create('10.0.2.0/24', 'b'))
  void applier.submit({ id: 't2' }, create('10.0.0.0/24', 'a'))
  await turn()
  expect(calls.map(({ table, changes }) => `${table} ${changes.length}`)).toEqual(expected)
})

test('a delete is in the lane of the target that it takes from', async () => {
  const { applier, calls } = makeApplier({ scope: 'target', max: 10 })
  void applier.submit({ id: 't1' }, create('10.0.0.0/24', 'a'))
  void applier.submit(
    { id: 't1' },
    { op: 'delete', destination: parseCidr('10.0.1.0/24'), from: instance('a') },
  )
  await turn()
  expect(calls).toHaveLength(1)
})

test('each change gets its own outcome', async () => {
  const { applier, calls } = makeApplier({ scope: 'table', max: 10 })
  const outcomes = Promise.all([
    applier.submit({ id: 't1' }, create('10.0.0.0/24', 'a')),
    applier.submit({ id: 't1' }, create('10.0.1.0/24', 'b')),
  ])
  await turn()
  const refused: Outcome = { result: 'failed', error: failure('quota') }
  calls[0]?.answer([done, refused])
  expect(await outcomes).toEqual([done, refused])
})

test('a call that fails as a whole is the outcome of each of its changes', async () => {
  const { applier, calls } = makeApplier({ scope: 'table', max: 10 })
  const outcomes = Promise.all([
    applier.submit({ id: 't1' }, create('10.0.0.0/24', 'a')),
    applier.submit({ id: 't1' }, create('10.0.1.0/24', 'b')),
  ])
  await turn()
  const error = failure('throttled')
  calls[0]?.fail(error)
  expect(await outcomes).toEqual([
    { result: 'failed', error },
    { result: 'failed', error },
  ])
})

test('a batch that is refused is split, until the bad change is alone', async () => {
  const bad = parseCidr('10.0.5.0/24')
  const sizes: number[] = []
  const { applier, calls } = makeApplier({ scope: 'table', max: 10 })
  const texts = Array.from({ length: 8 }, (_, i) => `10.0.${i}.0/24`)
  const outcomes = Promise.all(texts.map((text) => applier.submit({ id: 't1' }, create(text, text))))
  for (let call = await next(calls); call !== undefined; call = await next(calls)) {
    sizes.push(call.changes.length)
    if (call.changes.some(({ destination }) => destination.network === bad.network))
      call.fail(failure('invalid'))
    else call.answer(call.changes.map(() => done))
  }
  expect((await outcomes).map(({ result }) => result)).toEqual(
    texts.map((_, i) => (i === 5 ? 'failed' : 'done')),
  )
  expect(sizes).toEqual([8, 4, 4, 2, 1, 1, 2])
})

/** The next call that is made, if one is. */
async function next(calls: Call[]): Promise<Call | undefined> {
  await turn()
  return calls.shift()
}

describe('where packets follow later than the answer comes', () => {
  const at = (index: number): Change => create(`10.0.${index}.0/24`, 'a')

  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527
  test('a change is done when they do; the next batch does not wait for it', async () => {
    const waits: { readonly changes: readonly Change[]; readonly over: () => void }[] = []
    const { applier, calls } = makeApplier(
      { scope: 'table', max: 10 },
      (_table, changes) => new Promise((over) => void waits.push({ changes, over: () => over() })),
    )
    const settled: number[] = []
    for (const index of [0, 1, 2, 3])
      void applier.submit({ id: 't1' }, at(index)).then(() => settled.push(index))
    await turn()
    calls[0]?.answer([
      done,
      { result: 'failed', error: failure('changed') },
      done,
      { ...done, existed: true },
    ])
    await turn()
    // What was written is waited for, together, as is what somebody else wrote, maybe just now; what failed is not.
    expect(settled).toEqual([1])
    expect(waits.map(({ changes }) => changes)).toEqual([[at(0), at(2), at(3)]])
    void applier.submit({ id: 't1' }, at(4))
    await turn()
    expect(calls[1]?.changes).toEqual([at(4)])
    waits[0]?.over()
    await turn()
    expect(settled).toEqual([1, 0, 2, 3])
  })

  test('an abort meanwhile rejects', async () => {
    const { applier, calls } = makeApplier({ scope: 'table', max: 10 }, () =>
      Promise.reject(new Error('the lease is lost')),
    )
    const outcome = applier.submit({ id: 't1' }, at(0))
    await turn()
    calls[0]?.answer([done])
    await expect(outcome).rejects.toThrow('the lease is lost')
  })
})

test('an abort rejects', async () => {
  const { applier, calls } = makeApplier({ scope: 'table', max: 10 })
  const outcome = applier.submit({ id: 't1' }, create('10.0.0.0/24', 'a'))
  await turn()
  calls[0]?.fail(new Error('stopped'))
  await expect(outcome).rejects.toThrow('stopped')
})
