import { expect } from 'vitest'
import { compareCidrs, formatCidr, parseCidr } from '../../net/cidr.ts'
import type { ServedRange } from '../../providers/provider.ts'
import type { ObservedRoute, Table } from '../../providers/route.ts'
import { type Declare, apply, at, create, done, failed, list, signal, v4, writesDuring } from './harness.ts'

export function declareReads(declare: Declare): void {
  // https://github.com/kubernetes/cloud-provider-aws/issues/432
  declare('all tables of the cluster are found, sorted by id', async (world) => {
    expect(await world.provider.tables(signal)).toEqual([])
    const made = [await world.addTable('a'), await world.addTable('b'), await world.addTable('c')]
    const found = await world.provider.tables(signal)
    expect(found.map((table) => table.id)).toEqual(made.map((table) => table.id).sort())
  })

  declare('each table holds its own routes', async (world) => {
    const [a, b] = [await world.addTable('a'), await world.addTable('b')]
    const node = await world.addNode('node-1')
    expect(await create(world, a, v4, node.target)).toEqual([done])
    expect(await at(world, a, v4)).toMatchObject({ target: node.target })
    expect(await at(world, b, v4)).toBeUndefined()
  })

  declare('a table that is gone is not-found', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    await world.removeTable(table)
    await expect(list(world, table)).rejects.toMatchObject({ class: 'not-found' })
    expect(await create(world, table, v4, node.target)).toEqual([failed('not-found')])
    const remove = { op: 'delete', destination: v4, from: node.target } as const
    expect(await apply(world, table, remove)).toEqual([failed('not-found')])
  })

  // https://github.com/kubernetes/cloud-provider-aws/issues/627
  declare('foreign routes are listed, and stay as they are', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    const theirs = [
      await world.addForeignRoute(table, parseCidr('0.0.0.0/0')),
      await world.addForeignRoute(table, parseCidr('10.244.0.0/16')),
    ]
    const before = await list(world, table)
    for (const route of theirs) expect(await at(world, table, route.destination)).toMatchObject(route)
    await create(world, table, v4, node.target)
    await apply(world, table, { op: 'delete', destination: v4, from: node.target })
    expect(sorted(await list(world, table))).toEqual(sorted(before))
  })

  declare('the ranges that a table serves are told for it, and for no other', async (world) => {
    const { provider } = world
    const [a, b] = [await world.addTable('a'), await world.addTable('b')]
    const ranges = await world.serve(b)
    const tables = await provider.tables(signal)
    const served = async (of: readonly Table[]): Promise<readonly ServedRange[] | undefined> =>
      (await provider.servedRanges?.(of, signal))?.toSorted((one, two) => compareCidrs(one.range, two.range))
    const wanted = provider.servedRanges && ranges.map((range) => ({ range, table: b.id }))
    expect(await served(tables)).toEqual(wanted)
    expect(await served([b])).toEqual(wanted)
    expect(await served([a])).toEqual(wanted && [])
    expect(await served([])).toEqual(wanted && [])
  })

  declare('reads write nothing', async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    await create(world, table, v4, node.target)
    const reads = async (): Promise<void> => {
      await world.provider.tables(signal)
      await world.provider.list(table, signal)
      await world.provider.targets([{ node: node.view, family: 4 }], signal)
      await world.provider.servedRanges?.([table], signal)
    }
    expect(await writesDuring(world, reads)).toBe(0)
  })
}

const sorted = (routes: readonly ObservedRoute[]): readonly ObservedRoute[] =>
  [...routes].sort((a, b) => (formatCidr(a.destination) < formatCidr(b.destination) ? -1 : 1))
