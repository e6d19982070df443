import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { Change, Outcome } from '../provider.ts'
import type { ObservedRoute, Table, Target } from '../route.ts'
import { routeDescription, routeName } from './route-mark.ts'

const destination = parseCidr('10.244.3.0/24')
const { signal } = new AbortController()

let world: GcpWorld
let table: Table
let one: WorldNode
let two: WorldNode

beforeEach(async () => {
  world = await createGcpWorld()
  table = await world.addTable('a')
  one = await world.addNode('one')
  two = await world.addNode('two')
})
afterEach(() => world.close())

const apply = async (change: Change): Promise<Outcome | undefined> =>
  (await world.provider.apply(table, { changes: [change] }, signal))[0]
const create = (target: Target): Promise<Outcome | undefined> => apply({ op: 'create', destination, target })

async function listed(): Promise<ObservedRoute | undefined> {
  const { routes } = await world.provider.list(table, signal)
  return routes.find((route) => route.destination.network === destination.network)
}

interface Inserted {
  readonly name: string
  readonly description: string
  readonly priority: number
  readonly tags?: readonly string[]
  readonly nextHopInstance: string
}
const inserted = (): readonly Inserted[] =>
  world.callsOf('routes.insert').map(({ body }) => JSON.parse(body) as Inserted)

/** A route as podway writes it, made by somebody else: what an earlier podway left. */
const leave = (target: Target, priority: number): Promise<void> => {
  const identity = { clusterName: world.clusterName, network: table.id, destination, target }
  return world.insertRoute({
    name: routeName(identity),
    description: routeDescription(identity),
    network: table.id,
    destRange: '10.244.3.0/24',
    priority,
    nextHopInstance: target.id,
  })
}

describe('what is written', () => {
  test('a route with name, mark, priority, and the instance by its path', async () => {
    await create(one.target)
    const identity = { clusterName: world.clusterName, network: table.id, destination, target: one.target }
    expect(inserted()).toEqual([
      {
        name: routeName(identity),
        description: routeDescription(identity),
        network: table.id,
        destRange: '10.244.3.0/24',
        priority: 1000,
        nextHopInstance: one.target.id,
      },
    ])
  })

  test('priority and network tags as configured', async () => {
    const provider = world.providerWith({ priority: 700, tags: ['node'] })
    await provider.apply(table, { changes: [{ op: 'create', destination, target: one.target }] }, signal)
    expect(inserted()).toMatchObject([{ priority: 700, tags: ['node'] }])
  })

  test('a target that is neither an instance nor an address is refused', async () => {
    const outcome = await create({ kind: 'other', id: 'gateway' })
    expect(outcome).toMatchObject({ error: { class: 'invalid', code: 'UnsupportedTarget' } })
    expect(world.writes()).toBe(0)
  })
})

describe('a move', () => {
  test('makes before it breaks, with a better priority, and back again', async () => {
    await create(one.target)
    const there = await apply({ op: 'replace', destination, from: one.target, target: two.target })
    expect(there).toEqual({ result: 'done' })
    const back = await apply({ op: 'replace', destination, from: two.target, target: one.target })
    expect(back).toEqual({ result: 'done' })
    // It does not wander: at no moment are there two of one priority.
    expect(inserted().map(({ priority }) => priority)).toEqual([1000, 999, 1000])
    const order = world.simulator.calls
      .map(({ method }) => method)
      .filter((method) => /insert|delete/.test(method))
    expect(order).toEqual([
      'routes.insert',
      'routes.insert',
      'routes.delete',
      'routes.insert',
      'routes.delete',
    ])
    expect(await listed()).toEqual({ destination, target: one.target, state: 'active', origin: 'static' })
  })

  test('whose delete failed shows a surplus, which the next attempt takes away without another insert', async () => {
    await create(one.target)
    world.failNext('delete', 'throttled')
    const move: Change = { op: 'replace', destination, from: one.target, target: two.target }
    expect(await apply(move)).toMatchObject({ error: { class: 'throttled' } })
    expect(await listed()).toMatchObject({
      target: two.target,
      surplus: [{ target: one.target, shares: false, isMarked: true }],
    })
    const mend: Change = { op: 'replace', destination, from: two.target, target: two.target }
    expect(await apply(mend)).toEqual({ result: 'done' })
    expect(world.callsOf('routes.insert')).toHaveLength(2)
    expect(await listed()).toEqual({ destination, target: two.target, state: 'active', origin: 'static' })
  })

  test('takes an adopted route away, which has no mark', async () => {
    await world.stealRoute(table, destination, one)
    await apply({ op: 'replace', destination, from: one.target, target: two.target })
    expect(await listed()).toEqual({ destination, target: two.target, state: 'active', origin: 'static' })
  })
})

// Two routes of one destination and priority share its packets (ECMP): https://github.com/kubernetes/kubernetes/pull/56258
describe('the ECMP trap', () => {
  test('create beside a route to somewhere else, which Google would take: changed, nothing written', async () => {
    await world.stealRoute(table, destination, one)
    expect(await create(two.target)).toMatchObject({ error: { class: 'changed' } })
    expect(world.writes()).toBe(0)
  })

  test('two of ours that share are seen, and made one', async () => {
    await leave(one.target, 1000)
    await leave(two.target, 1000)
    const found = await listed()
    expect(found?.surplus).toMatchObject([{ shares: true, isMarked: true }])
    const { target } = found ?? one
    await apply({ op: 'replace', destination, from: target, target })
    expect((await listed())?.surplus).toBeUndefined()
  })

  test('a delete takes all of ours, and leaves what is foreign', async () => {
    await leave(one.target, 1000)
    await leave(two.target, 999)
    await world.insertRoute({
      name: 'terraform',
      network: table.id,
      destRange: '10.244.3.0/24',
      priority: 2000,
      nextHopInstance: one.target.id,
    })
    expect(await apply({ op: 'delete', destination, from: two.target })).toEqual({ result: 'done' })
    expect(await listed()).toMatchObject({ target: one.target, isForeign: true })
    expect((await listed())?.surplus).toBeUndefined()
  })
})

// gce_routes.go takes a 409 for success.
describe('409 is compared, not trusted', () => {
  test('an old route of that name with another destination hides nothing', async () => {
    const identity = { clusterName: world.clusterName, network: table.id, destination, target: one.target }
    await world.insertRoute({
      name: routeName(identity),
      network: table.id,
      destRange: '10.244.9.0/24',
      nextHopInstance: one.target.id,
    })
    const outcome = await create(one.target)
    expect(outcome).toMatchObject({ error: { class: 'changed', code: 'alreadyExists' } })
    expect(outcome).toMatchObject({
      error: { message: expect.stringContaining(routeName(identity)) as string },
    })
    expect(await listed()).toBeUndefined()
  })

  test('ours, made by another leader between our look and our write, is there already', async () => {
    const outcomes = await Promise.all([create(one.target), create(one.target)])
    expect(outcomes).toContainEqual({ result: 'done' })
    expect(outcomes).toContainEqual({ result: 'done', existed: true })
    expect(world.simulator.calls.filter(({ reason }) => reason === 'alreadyExists')).toHaveLength(1)
  })

  test('one that is still in the making: to be looked at again', async () => {
    world.simulator.faults.inject({ method: 'routes.insert', fault: { kind: 'operation-delay', ms: 1_000 } })
    const [first, second] = await Promise.all([create(one.target), create(one.target)])
    expect([first, second]).toContainEqual({ result: 'done' })
    expect([first, second]).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ class: 'changed' }) as unknown }),
    )
  })
})

describe('operations', () => {
  // The call succeeded; what it began did not.
  test('one that fails in the end: failed as it says', async () => {
    world.failNext('create', 'quota')
    expect(await create(one.target)).toMatchObject({ error: { class: 'quota', code: 'QUOTA_EXCEEDED' } })
    expect(await listed()).toBeUndefined()
  })

  test('a real quota names its limit, which the forecast knows from then on', async () => {
    const { estate } = world.simulator
    estate.addProject(world.project, { staticRoutesPerNetwork: 2 })
    expect(await create(one.target)).toEqual({ result: 'done' })
    const other = parseCidr('10.244.4.0/24')
    const full = await world.provider.apply(
      table,
      { changes: [{ op: 'create', destination: other, target: one.target }] },
      signal,
    )
    expect(full).toMatchObject([{ error: { class: 'quota' } }])
    const snapshot = await world.provider.list(table, signal)
    expect(world.provider.quota?.(table, snapshot)).toEqual({
      families: [{ family: 'both', used: 2, limit: 2 }],
    })
  })

  // https://github.com/kubernetes/kubernetes/issues/26119: gce_routes.go waits for an hour.
  test('a hung server: the call ends at our deadline, and is done the next time', async () => {
    const hasty = await createGcpWorld({ requestTimeoutMs: 50 })
    try {
      const other = await hasty.addTable('a')
      const node = await hasty.addNode('one')
      hasty.simulator.faults.inject({ method: 'routes.insert', fault: { kind: 'hang-before' } })
      const changes: Change[] = [{ op: 'create', destination, target: node.target }]
      expect(await hasty.provider.apply(other, { changes }, signal)).toMatchObject([
        { error: { class: 'unknown-outcome' } },
      ])
      expect(await hasty.provider.apply(other, { changes }, signal)).toEqual([{ result: 'done' }])
    } finally {
      await hasty.close()
    }
  })

  test('a hung server: a leader’s write is given up in its own time', async () => {
    const patient = await createGcpWorld({ requestTimeoutMs: 2 ** 30 })
    try {
      const other = await patient.addTable('a')
      const node = await patient.addNode('one')
      patient.simulator.faults.inject({ method: 'routes.insert', fault: { kind: 'hang-before' } })
      const changes: Change[] = [{ op: 'create', destination, target: node.target }]
      const hurried = patient.providerWith({ writeTimeoutMs: 50 })
      expect(await hurried.apply(other, { changes }, signal)).toMatchObject([
        { error: { class: 'unknown-outcome' } },
      ])
    } finally {
      await patient.close()
    }
  })

  test('one that takes its time is waited for', async () => {
    world.simulator.faults.inject({ method: 'routes.insert', fault: { kind: 'operation-delay', ms: 1_200 } })
    expect(await create(one.target)).toEqual({ result: 'done' })
    expect(world.callsOf('globalOperations.wait').length).toBeGreaterThan(1)
    expect(await listed()).toMatchObject({ target: one.target })
  })

  test('one that can not be looked at for a moment is looked at again', async () => {
    world.simulator.faults.inject({
      method: 'globalOperations.wait',
      fault: { kind: 'error', status: 503, reason: 'backendError' },
    })
    expect(await create(one.target)).toEqual({ result: 'done' })
  })

  test('one that may not be looked at leaves open what happened', async () => {
    world.simulator.faults.inject({
      method: 'globalOperations.wait',
      fault: { kind: 'error', status: 403, reason: 'forbidden' },
    })
    const outcome = await create(one.target)
    expect(outcome).toMatchObject({ error: { class: 'unknown-outcome', code: 'forbidden' } })
    expect(outcome).toMatchObject({
      error: { message: expect.stringContaining('compute.globalOperations.get') as string },
    })
  })
})

// gce_routes.go makes that an error.
test('delete of a route that goes meanwhile is done', async () => {
  await create(one.target)
  world.simulator.faults.inject({
    method: 'routes.delete',
    fault: { kind: 'error', status: 404, reason: 'notFound' },
  })
  expect(await apply({ op: 'delete', destination, from: one.target })).toEqual({ result: 'done' })
})

test('routes inside a range of a subnet are refused by Google, with its words', async () => {
  const inside = parseCidr('10.0.1.0/28')
  const [outcome] = await world.provider.apply(
    table,
    { changes: [{ op: 'create', destination: inside, target: one.target }] },
    signal,
  )
  expect(outcome).toMatchObject({ error: { class: 'invalid', code: 'invalid' } })
  expect(outcome).toMatchObject({
    error: { message: expect.stringContaining('hides the address space of the network') as string },
  })
})
