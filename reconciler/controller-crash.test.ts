import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { eventually } from '../kube/testing/manual-clock.ts'
import { parseCidr } from '../net/cidr.ts'
import type { PoolSource } from './ipam/pool-source.ts'
import { ControllerWorld } from './testing/controller-world.ts'
import { crashAt } from './testing/crash-at.ts'

const tables = ['table-1', 'table-2']
const foreign = {
  destination: parseCidr('10.244.200.0/24'),
  target: { kind: 'other', id: 'gateway' },
} as const

/** Three nodes with routes; then, unseen, one is gone, one has taken over its podCIDR, and one is new. */
async function changedWorld(): Promise<ControllerWorld> {
  const world = await ControllerWorld.open({ tables, pools: ['10.244.0.0/16 24'] })
  for (const table of tables) world.cloud.putRoute(table, foreign)
  for (const name of ['stays', 'goes', 'hands-over']) world.join(name)
  await world.settled()
  await world.stop()
  const [moving = ''] = world.cluster.node('hands-over').spec.podCIDRs ?? []
  world.leave('goes')
  world.leave('hands-over')
  world.join('takes-over', { podCIDRs: [moving] })
  world.join('new')
  world.forgetCalls()
  return world
}

/** Everything is as the Nodes ask for, whatever happened before. */
async function expectConverged(world: ControllerWorld): Promise<void> {
  const isDone = (): boolean =>
    world.cluster.nodes().every(({ metadata }) => world.unavailable(metadata.name) === 'False')
  await world.passUntil(isDone, 120_000)
  await world.passUntil(() => world.records.length === world.cluster.nodes().length, 120_000)
  const wanted = world.cluster
    .nodes()
    .flatMap(({ metadata, spec }) => (spec.podCIDRs ?? []).map((cidr) => `${cidr} ${metadata.name}`))
  expect(new Set(wanted.map((route) => route.split(' ')[0])).size, 'no podCIDR given twice').toBe(
    wanted.length,
  )
  for (const table of tables)
    expect(world.routes(table)).toEqual([...wanted, '10.244.200.0/24 gateway'].sort())
  expect([...world.records].sort()).toEqual(wanted.map((route) => `${route} ${tables.join()}`).sort())
  for (const { spec } of world.cluster.records()) expect(spec).not.toHaveProperty('previousTargets')
  expect(isDone()).toBe(true)
}

describe.each(['before', 'after'] as const)('a crash %s any call, then a new run, converges', (when) => {
  test('and never leaves a gap', async () => {
    let n = 0
    for (let crashed = true; crashed;) {
      n++
      await using world = await changedWorld()
      crashed = await crashAt(world, n, when)
      world.start()
      await expectConverged(world)
      const [moved = ''] = world.cluster.node('takes-over').spec.podCIDRs ?? []
      expect(
        world.routeWrites.filter((write) => write.startsWith('delete') && write.endsWith(` ${moved}`)),
      ).toEqual([])
    }
    expect(n).toBeGreaterThan(20)
  }, 30_000)
})

test('crash after crash makes progress all the same', async () => {
  await using world = await changedWorld()
  for (let i = 0; i < 30; i++) await crashAt(world, 3 + (i % 4), i % 2 === 0 ? 'before' : 'after')
  world.start()
  await expectConverged(world)
})

const names = ['a', 'b', 'c', 'd'] as const
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ toggle: fc.constantFrom(...names) }) },
  { weight: 1, arbitrary: fc.record({ drift: fc.constantFrom(...names) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      at: fc.constantFrom('tables', 'list', 'targets', 'prepare', 'create', 'replace', 'delete'),
      class: fc.constantFrom('throttled', 'transient', 'changed', 'unknown-outcome', 'quota'),
      carriedOut: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ crash: fc.integer({ min: 1, max: 12 }), after: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kube: fc.constantFrom('status', 'reset', 'reset-after-handling') }) },
  { weight: 2, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 90_000 }) }) },
)

property.prop([fc.array(anyStep, { maxLength: 14 })], { numRuns: 40 })(
  'whatever happens, it converges, and what is foreign is as it was',
  async (steps) => {
    await using world = await ControllerWorld.open({ tables, pools: ['10.244.0.0/16 24'] })
    for (const table of tables) world.cloud.putRoute(table, foreign)
    let joined = 0
    const instanceOf = new Map<string, string>()
    world.start()
    for (const step of steps) {
      if ('toggle' in step) {
        const id = instanceOf.get(step.toggle)
        if (id !== undefined) {
          world.cloud.terminate(id)
          world.cluster.deleteNode(step.toggle)
          instanceOf.delete(step.toggle)
        } else {
          const { providerID, target } = world.cloud.addInstance(`${step.toggle}-${joined++}`)
          world.cluster.addNode(step.toggle, { providerID })
          instanceOf.set(step.toggle, target.id)
        }
      } else if ('drift' in step) {
        const id = instanceOf.get(step.drift)
        const route = world.cloud.routes('table-1').find(({ target }) => target.id === id)
        if (route !== undefined) world.cloud.removeRoute('table-1', route.destination)
      } else if ('at' in step) {
        // A carried-out failure is one whose answer was lost, and nothing else.
        const { carriedOut, ...fault } = step
        world.cloud.fail({ ...fault, ...(fault.class === 'unknown-outcome' ? { carriedOut } : {}) })
      } else if ('crash' in step) {
        await world.stop()
        await crashAt(world, step.crash, step.after ? 'after' : 'before')
        world.start()
      } else if ('kube' in step) {
        const fault = step.kube === 'status' ? ({ kind: 'status', code: 500 } as const) : { kind: step.kube }
        world.cluster.simulator.faults.add({ match: { method: 'PATCH' }, fault })
      } else {
        await world.pass(step.pass)
      }
    }
    world.cluster.simulator.faults.clear()
    await world.pass(61_000)
    const isDone = (): boolean =>
      world.cluster.nodes().every(({ metadata }) => world.unavailable(metadata.name) === 'False') &&
      world.records.length === world.cluster.nodes().length
    expect(await world.passUntil(isDone, 600_000)).toBe(true)
    await world.pass(61_000)
    const wanted = world.cluster
      .nodes()
      .flatMap(({ metadata, spec }) =>
        (spec.podCIDRs ?? []).map((cidr) => `${cidr} ${instanceOf.get(metadata.name) ?? ''}`),
      )
    for (const table of tables)
      expect(world.routes(table)).toEqual([...wanted, '10.244.200.0/24 gateway'].sort())
  },
  60_000,
)

test('one that is stopped before it knows the nodes ends, and leaves no rejection unheard', async () => {
  const unheard: unknown[] = []
  const listener = (reason: unknown): void => void unheard.push(reason)
  process.on('unhandledRejection', listener)
  try {
    await using world = await ControllerWorld.open({ tables })
    const match = { resource: 'nodes', verb: 'list' } as const
    world.cluster.simulator.faults.add({ match, fault: { kind: 'hang' } })
    const poolSource: PoolSource = {
      name: 'pools',
      follow: (_see, signal) =>
        new Promise((_resolve, reject) =>
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an abort rejects with the signal's own reason
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        ),
    }
    const running = world.start({ poolSource, allocate: true })
    const { calls } = world.cluster.simulator
    await eventually('the nodes are asked for', () =>
      calls.some(({ resource, verb }) => resource === 'nodes' && verb === 'list'),
    )
    await running.stop()
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(unheard).toEqual([])
  } finally {
    process.off('unhandledRejection', listener)
  }
})
