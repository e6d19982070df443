import { afterEach, describe, expect, test } from 'vitest'
import { ampleBudget } from '../../test/conformance/ample-budget.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { TableReads } from './table-reads.ts'

const signal = new AbortController().signal

let world: SimulatedAws
let reads: TableReads
afterEach(() => world.close())

const make = async (): Promise<void> => {
  world = await createSimulatedAws()
  reads = new TableReads({ api: world.providerEc2, budget: ampleBudget() })
}
const readings = (): number => world.callsOf('DescribeRouteTables').length

describe('who asks in one turn of the event loop shares a reading', () => {
  test('each of them gets the tables that it wants, and those that a query finds are not asked for by id', async () => {
    await make()
    const [a, b] = [await world.addTable('a'), await world.addTable('b')]
    const query = [{ Name: 'vpc-id', Values: [world.vpcId] }]
    const before = readings()
    const answers = await Promise.all([
      reads.read({ queries: [query] }, signal),
      reads.read({ queries: [query] }, signal),
      reads.read({ ids: [a.id] }, signal),
      Promise.resolve().then(() => reads.read({ ids: [b.id, a.id] }, signal)),
    ])
    expect(readings() - before).toBe(1)
    for (const answer of answers) expect([...answer.keys()]).toEqual(expect.arrayContaining([a.id, b.id]))
  })

  test('whoever asks while a reading is under way gets one that starts later: it shows what was written until then', async () => {
    await make()
    const [a, b] = [await world.addTable('a'), await world.addTable('b')]
    const before = readings()
    const first = reads.read({ ids: [a.id] }, signal)
    await new Promise((resolve) => setImmediate(resolve))
    await world.removeTable(b)
    const second = reads.read({ ids: [b.id] }, signal)
    expect([...(await first).keys()]).toEqual([a.id])
    expect([...(await second).keys()]).toEqual([])
    expect(readings() - before).toBe(2)
  })

  test('a failure is everybody’s, and the next reading is made all the same', async () => {
    await make()
    const { id } = await world.addTable('a')
    world.failNext('list', 'throttled')
    const both = await Promise.allSettled([
      reads.read({ ids: [id] }, signal),
      reads.read({ ids: [id] }, signal),
    ])
    expect(both).toMatchObject(Array(2).fill({ status: 'rejected', reason: { class: 'throttled' } }))
    expect([...(await reads.read({ ids: [id] }, signal)).keys()]).toEqual([id])
  })
})

describe('an abort', () => {
  const reason = new Error('the lease is lost')

  test('is one’s own: others get their answer', async () => {
    await make()
    const { id } = await world.addTable('a')
    const stop = new AbortController()
    const [mine, theirs] = [reads.read({ ids: [id] }, stop.signal), reads.read({ ids: [id] }, signal)]
    stop.abort(reason)
    await expect(mine).rejects.toBe(reason)
    expect([...(await theirs).keys()]).toEqual([id])
  })

  test('while the reading is under way, of everybody: it ends', async () => {
    await make()
    const { id } = await world.addTable('a')
    const stop = new AbortController()
    world.simulator.faults.inject({
      action: 'DescribeRouteTables',
      when: () => {
        setImmediate(() => stop.abort(reason))
        return true
      },
      fault: { kind: 'hang-before' },
    })
    const both = [1, 2].map(() => reads.read({ ids: [id] }, stop.signal))
    for (const one of both) await expect(one).rejects.toBe(reason)
  })

  test('beforehand: nothing is asked', async () => {
    await make()
    const before = readings()
    await expect(reads.read({ ids: ['rtb-1'] }, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(readings()).toBe(before)
  })
})

test('one at a time: all who ask while a reading is under way share the next', async () => {
  await make()
  reads = new TableReads({ api: world.providerEc2, budget: ampleBudget() }, { oneAtATime: true })
  const [a, b] = [await world.addTable('a'), await world.addTable('b')]
  const before = readings()
  const first = reads.read({ ids: [a.id] }, signal)
  await new Promise((resolve) => setImmediate(resolve))
  await world.removeTable(b)
  const later = Array.from({ length: 20 }, (_, index) =>
    reads.read({ ids: [index < 10 ? a.id : b.id] }, signal),
  )
  expect([...(await first).keys()]).toEqual([a.id])
  for (const answer of await Promise.all(later)) expect([...answer.keys()]).toEqual([a.id])
  expect(readings() - before).toBe(2)
  expect([...(await reads.read({ ids: [a.id] }, signal)).keys()]).toEqual([a.id])
})

test('one at a time: the one after a failure, or after everybody has left, is made', async () => {
  await make()
  reads = new TableReads({ api: world.providerEc2, budget: ampleBudget() }, { oneAtATime: true })
  const { id } = await world.addTable('a')
  world.failNext('list', 'throttled')
  const stop = new AbortController()
  const failing = reads.read({ ids: [id] }, signal)
  await new Promise((resolve) => setImmediate(resolve))
  const [left, waiting] = [reads.read({ ids: [id] }, stop.signal), reads.read({ ids: [id] }, signal)]
  stop.abort(new Error('the lease is lost'))
  await expect(failing).rejects.toMatchObject({ class: 'throttled' })
  await expect(left).rejects.toThrow('the lease is lost')
  expect([...(await waiting).keys()]).toEqual([id])
})
