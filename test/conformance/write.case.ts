import { expect } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { Change } from '../../providers/provider.ts'
import type { Route } from '../../providers/route.ts'
import {
  type Declare,
  apply,
  at,
  create,
  done,
  failed,
  list,
  ofFamily,
  other,
  signal,
  targetFor,
  v4,
  writesDuring,
} from './harness.ts'

export function declareWrites(declare: Declare): void {
  // https://github.com/kubernetes/kubernetes/issues/78089
  declare('a created route is listed exactly as canonical() says', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    for (const destination of world.provider.capabilities.families.map(ofFamily)) {
      const target = targetFor(node, destination)
      expect(await create(world, table, destination, target)).toEqual([done])
      const wanted: Route = world.provider.canonical({ destination, target })
      expect(await at(world, table, destination)).toEqual({ ...wanted, state: 'active', origin: 'static' })
    }
  })

  declare('create of what is there says that it was there', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    await world.stealRoute(table, v4, node)
    expect(await create(world, table, v4, node.target)).toEqual([{ ...done, existed: true }])
  })

  declare('create of what is there is done, and leaves one route', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    await create(world, table, v4, node.target)
    const routes = await list(world, table)
    expect(await create(world, table, v4, node.target)).toMatchObject([done])
    expect(await list(world, table)).toEqual(routes)
  })

  // https://github.com/gardener/gardener-extension-provider-aws/issues/466
  declare('create where another route is: changed, and that one stays', async (world) => {
    const table = await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    await world.stealRoute(table, v4, one)
    expect(await create(world, table, v4, two.target)).toEqual([failed('changed')])
    expect(await at(world, table, v4)).toMatchObject({ target: one.target })
  })

  declare(
    'replace moves a destination in one write, or makes before it breaks, and is done where it is there already',
    async (world) => {
      const table = await world.addTable('a')
      const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
      for (const destination of world.provider.capabilities.families.map(ofFamily)) {
        const [from, target] = [targetFor(one, destination), targetFor(two, destination)]
        await create(world, table, destination, from)
        const move: Change = { op: 'replace', destination, from, target }
        const run = async (): Promise<void> => expect(await apply(world, table, move)).toEqual([done])
        const { replace } = world.provider.capabilities
        expect(await writesDuring(world, run)).toBe(replace === 'atomic' ? 1 : 2)
        expect(await at(world, table, destination)).toMatchObject({ target, state: 'active' })
        expect(await writesDuring(world, run)).toBe(0)
      }
    },
  )

  declare('replace of what someone else changed: changed, nothing written', async (world) => {
    const table = await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const thief = await world.addNode('thief')
    await create(world, table, v4, one.target)
    await world.stealRoute(table, v4, thief)
    const move: Change = { op: 'replace', destination: v4, from: one.target, target: two.target }
    const run = async (): Promise<void> =>
      expect(await apply(world, table, move)).toEqual([failed('changed')])
    expect(await writesDuring(world, run)).toBe(0)
    expect(await at(world, table, v4)).toMatchObject({ target: thief.target })
  })

  declare('replace of what is not there: changed, nothing written', async (world) => {
    const table = await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const move: Change = { op: 'replace', destination: v4, from: one.target, target: two.target }
    const run = async (): Promise<void> =>
      expect(await apply(world, table, move)).toEqual([failed('changed')])
    expect(await writesDuring(world, run)).toBe(0)
    expect(await at(world, table, v4)).toBeUndefined()
  })

  declare('the quota, where there is one, counts the routes of each family', async (world) => {
    const { provider } = world
    const { families } = provider.capabilities
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    const used = async (): Promise<readonly number[] | undefined> => {
      const counts = provider.quota?.(table, await provider.list(table, signal))?.families
      for (const count of counts ?? []) expect(count.limit).toBeGreaterThan(count.used)
      return (
        counts &&
        families.map((one) => counts.find(({ family }) => family === one || family === 'both')?.used ?? 0)
      )
    }
    const before = await used()
    const isShared = provider
      .quota?.(table, await provider.list(table, signal))
      ?.families.some(({ family }) => family === 'both')
    for (const [index, family] of families.entries()) {
      const destination = ofFamily(family)
      const target = targetFor(node, destination)
      await create(world, table, destination, target)
      expect(await used()).toEqual(
        before?.map((count, at) => (at === index || isShared === true ? count + 1 : count)),
      )
      await apply(world, table, { op: 'delete', destination, from: target })
      expect(await used()).toEqual(before)
    }
  })

  declare('who has not written yet can write at once', (world) => {
    for (const op of ['create', 'replace', 'delete'] as const)
      expect(world.provider.readyInMs?.(op) ?? 0).toBe(0)
    return Promise.resolve()
  })

  declare('delete removes the route and no other', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    await create(world, table, other, node.target)
    for (const destination of world.provider.capabilities.families.map(ofFamily)) {
      const target = targetFor(node, destination)
      await create(world, table, destination, target)
      expect(await apply(world, table, { op: 'delete', destination, from: target })).toEqual([done])
      expect(await at(world, table, destination)).toBeUndefined()
      expect(await at(world, table, other)).toBeDefined()
    }
  })

  // aws_routes.go of cloud-provider-aws calls that an error.
  declare('delete of what is not there is done', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    expect(await apply(world, table, { op: 'delete', destination: v4, from: node.target })).toEqual([done])
  })

  // aws_routes.go of cloud-provider-aws deletes by destination, whatever the route leads to by then.
  declare('delete of what someone else changed: changed, the route survives', async (world) => {
    const table = await world.addTable('a')
    const [node, thief] = [await world.addNode('node-1'), await world.addNode('thief')]
    await create(world, table, v4, node.target)
    await world.stealRoute(table, v4, thief)
    const remove: Change = { op: 'delete', destination: v4, from: node.target }
    const run = async (): Promise<void> =>
      expect(await apply(world, table, remove)).toEqual([failed('changed')])
    expect(await writesDuring(world, run)).toBe(0)
    expect(await at(world, table, v4)).toMatchObject({ target: thief.target })
  })

  // https://github.com/kubernetes/kubernetes/issues/33015
  declare(
    'a route to a terminated instance is a black hole, and can be replaced and deleted',
    async (world) => {
      const table = await world.addTable('a')
      const [dead, heir] = [await world.addNode('node-1'), await world.addNode('node-2')]
      await create(world, table, v4, dead.target)
      await create(world, table, other, dead.target)
      await world.terminate(dead)
      const state = world.showsBlackholes === false ? 'active' : 'blackhole'
      expect(await at(world, table, v4)).toMatchObject({ target: dead.target, state })
      const outcomes = await apply(
        world,
        table,
        { op: 'replace', destination: v4, from: dead.target, target: heir.target },
        { op: 'delete', destination: other, from: dead.target },
      )
      expect(outcomes).toEqual([done, done])
      expect(await at(world, table, v4)).toMatchObject({ target: heir.target, state: 'active' })
      expect(await at(world, table, other)).toBeUndefined()
    },
  )

  declare('one bad change spoils no other, and outcomes keep their order', async (world) => {
    const table = await world.addTable('a')
    const [node, thief] = [await world.addNode('node-1'), await world.addNode('thief')]
    await world.stealRoute(table, v4, thief)
    const last = parseCidr('10.244.5.0/24')
    const outcomes = await apply(
      world,
      table,
      { op: 'create', destination: other, target: node.target },
      { op: 'delete', destination: v4, from: node.target },
      { op: 'create', destination: last, target: node.target },
      { op: 'delete', destination: parseCidr('10.244.6.0/24'), from: node.target },
    )
    expect(outcomes).toEqual([done, failed('changed'), done, done])
    expect(await at(world, table, other)).toBeDefined()
    expect(await at(world, table, last)).toBeDefined()
  })

  declare('an empty batch is no call and no outcome', async (world) => {
    const table = await world.addTable('a')
    expect(await apply(world, table)).toEqual([])
  })
}
