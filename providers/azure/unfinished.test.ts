import { describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Json } from '../../test/simulators/kubernetes/json.ts'
import type { Change, Outcome } from '../provider.ts'
import { VirtualArm, tableId } from './testing/virtual-arm.ts'

const signal = new AbortController().signal
const table = { id: tableId }
const done = { result: 'done' } as const
const unknown = { result: 'failed', error: { class: 'unknown-outcome' } } as const
const destination = parseCidr('10.244.3.0/24')
const target = { kind: 'address', id: '10.0.1.4' } as const
const create: Change = { op: 'create', destination, target }
const remove: Change = { op: 'delete', destination, from: target }

function apply(world: VirtualArm, change: Change): Promise<readonly Outcome[]> {
  return world.until(world.providerWith().apply(table, { changes: [change] }, signal))
}

const puts = (world: VirtualArm) =>
  world.simulator.calls.filter(({ method, token }) => method === 'PUT' && token === 'PODWAY')

const inForce = (world: VirtualArm): readonly Json[] =>
  world.simulator.inForce(tableId, world.clock.now()) ?? []

function failNext(world: VirtualArm): void {
  const how = { status: 'Failed', code: 'InternalServerError', message: 'An error occurred.' } as const
  world.simulator.faults.inject({
    operation: 'RouteTables_CreateOrUpdate',
    fault: { kind: 'operation-ends', ...how },
  })
}

// Found by chaos: the route was gone from the table, the delete was taken for done, and packets went on to follow it.
describe('a delete that fails late', () => {
  async function failedDelete(): Promise<VirtualArm> {
    const world = new VirtualArm({ operationMs: () => 1_000 })
    await apply(world, create)
    failNext(world)
    expect(await apply(world, remove)).toMatchObject([unknown])
    expect(world.routes()).toEqual([])
    expect(inForce(world)).toHaveLength(1)
    return world
  }

  test('is done by the next write, though the table does not have the route any more', async () => {
    const world = await failedDelete()
    expect(await apply(world, remove)).toEqual([done])
    expect(inForce(world)).toEqual([])
    expect(await apply(world, remove)).toEqual([done])
    expect(puts(world)).toHaveLength(3)
  })

  test('is not done as long as that fails too', async () => {
    const world = await failedDelete()
    failNext(world)
    expect(await apply(world, remove)).toMatchObject([unknown])
  })

  test('leaves the table unfinished, until somebody has it finished', async () => {
    const world = await failedDelete()
    const provider = world.providerWith()
    expect(await world.until(provider.list(table, signal))).toEqual({ routes: [], isUnfinished: true })
    await world.until(provider.finish?.(table, signal) ?? Promise.resolve())
    expect(inForce(world)).toEqual([])
    expect(await world.until(provider.list(table, signal))).toEqual({ routes: [] })
  })
})

test('a table that is finished is not written to finish it', async () => {
  const world = new VirtualArm()
  await world.until(world.providerWith().finish?.(table, signal) ?? Promise.resolve())
  expect(puts(world)).toEqual([])
})
