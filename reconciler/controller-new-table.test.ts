import { describe, expect, test } from 'vitest'
import { failCreates, statusWrites } from './testing/controller-faults.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** Invariant: a table first seen after start is warming, and counts only for nodes that are not yet routed. */

const hour = 3_600_000

describe('a third table appears in a 400-node cluster and no condition changes', () => {
  const count = 400
  async function bigWorld(): Promise<ControllerWorld> {
    const world = await ControllerWorld.open({ tables: ['table-1', 'table-2'], pools: ['10.244.0.0/14 24'] })
    for (let i = 0; i < count; i++) world.join(`node-${i}`)
    await world.settled()
    expect(world.routes()).toHaveLength(count)
    await world.pass(driftMs)
    world.forgetCalls()
    return world
  }

  test('and takes all routes', async () => {
    await using world = await bigWorld()
    world.cloud.addTable('table-3')
    await world.pass(driftMs)
    expect(world.routes('table-3')).toEqual(world.routes('table-1'))
    await world.pass(driftMs)
    expect(statusWrites(world)).toEqual([])
    expect(world.events).toEqual([])
  }, 60_000)

  // Of the second each destination has a schedule of its own, and an hour of them takes a test a minute.
  test.each([
    ['quota', hour],
    ['unauthorized', 240_000],
  ] as const)(
    'and refuses every create (%s, for %i ms); a new node waits for it, a restart changes nothing',
    async (cause, ms) => {
      await using world = await bigWorld()
      const mend = failCreates(world, cause, 'table-3')
      world.cloud.addTable('table-3')
      await world.pass(ms / 2)
      expect(statusWrites(world)).toEqual([])
      await world.stop()
      await world.settled()
      await world.pass(ms / 2)
      expect(statusWrites(world)).toEqual([])

      // A watch that has just ended comes back.
      await world.pass(5_000)
      world.join('new')
      await world.pass(driftMs)
      expect(world.cluster.condition('new')).toMatchObject({ status: 'True' })
      expect(world.cluster.condition('new')?.message).toContain('in table table-3')
      expect(world.routes('table-1').join()).toContain(' new')

      mend()
      expect(await world.passUntil(() => world.routes('table-3').length === count + 1, 180_000)).toBe(true)
      expect(await world.passUntil(() => world.unavailable('new') === 'False', 60_000)).toBe(true)
      expect(new Set(statusWrites(world))).toEqual(new Set(['PATCH nodes/new/status']))
    },
    120_000,
  )
})
