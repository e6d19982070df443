import { expect } from 'vitest'
import type { Address, Family } from '../../net/address.ts'
import { type NodeView, type TargetProblem, targetKey } from '../../providers/provider.ts'
import type { Target } from '../../providers/route.ts'
import { type Declare, failed, prepared, signal, targetFor, writesDuring } from './harness.ts'
import type { ProviderWorld } from './provider-world.ts'

/** 198.51.100.10, of a range that is kept for examples. */
const nobodys: Address = { family: 4, value: 0xc633640an }

export function declareTargets(declare: Declare): void {
  // https://github.com/kubernetes/cloud-provider-aws/issues/318
  declare('a node is found by its provider ID, whatever its name and addresses', async (world) => {
    await world.addTable('a')
    const node = await world.addNode('node-1')
    const wanted: NodeView = { name: 'other-name', providerID: node.view.providerID, addresses: [] }
    for (const family of world.provider.capabilities.families)
      expect(await resolve(world, [wanted], family)).toEqual([targetFor(node, { family })])
  })

  declare('a node without provider ID is found by its addresses', async (world) => {
    await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const wanted: NodeView[] = [
      { name: 'x', addresses: two.view.addresses },
      { name: 'y', addresses: [nobodys, ...one.view.addresses] },
    ]
    expect(await resolve(world, wanted)).toEqual([two.target, one.target])
  })

  for (const family of [4, 6] as const) {
    declare(`a node without provider ID is found by an IPv${family} address alone`, async (world) => {
      await world.addTable('a')
      const node = await world.addNode('node-1')
      const addresses = node.view.addresses.filter((address) => address.family === family)
      expect(addresses).not.toEqual([])
      expect(await resolve(world, [{ name: 'node-1', addresses }])).toEqual([node.target])
    })
  }

  declare('a node of which nothing is known yet is waiting', async (world) => {
    await world.addTable('a')
    const wanted: NodeView[] = [
      { name: 'new', addresses: [] },
      { name: 'newer', addresses: [nobodys] },
    ]
    expect(await resolve(world, wanted)).toEqual([problem('waiting'), problem('waiting')])
  })

  declare('an instance that is terminated or unknown is gone', async (world) => {
    const node = await world.addNode('node-1')
    await world.terminate(node)
    const wanted: NodeView[] = [
      { name: 'dead', providerID: node.view.providerID, addresses: [] },
      { name: 'ghost', providerID: world.unknownProviderID(), addresses: [] },
    ]
    expect(await resolve(world, wanted)).toEqual([problem('gone'), problem('gone')])
  })

  declare('a target runs until its instance is terminated; an unknown one does not', async (world) => {
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const running = world.provider.running?.bind(world.provider)
    if (running === undefined) return
    expect(await running([one.target, two.target], signal)).toEqual([true, true])
    await world.terminate(one)
    const unknown = { ...two.target, id: `${two.target.id.slice(0, -2)}ff` }
    expect(await running([one.target, two.target, unknown], signal)).toEqual([false, true, false])
    expect(await running([], signal)).toEqual([])
  })

  // https://github.com/kubernetes/cloud-provider-aws/issues/1351
  declare('one unknown node among many spoils no other', async (world) => {
    const nodes = [await world.addNode('a'), await world.addNode('b'), await world.addNode('c')]
    const [a, b, c] = nodes.map((node) => node.view)
    const ghost: NodeView = { name: 'ghost', providerID: world.unknownProviderID(), addresses: [] }
    const stranger: NodeView = { name: 'stranger', providerID: 'nobody://knows/this', addresses: [] }
    const found = await resolve(
      world,
      [a, ghost, stranger, b, c].filter((view) => view !== undefined),
    )
    expect(found[1]).toEqual(problem('gone'))
    expect(found[2]).toHaveProperty('problem')
    expect([found[0], found[3], found[4]]).toEqual(nodes.map((node) => node.target))
  })

  declare('nothing wanted, nothing found', async (world) => {
    expect(await resolve(world, [])).toEqual([])
  })

  declare('targets forward after prepare; the second time changes nothing', async (world) => {
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const run = (): Promise<unknown> =>
      world.provider.prepare?.([one.target, two.target], signal) ?? Promise.resolve('no prepare')
    expect(await world.forwards(one)).toBe(false)
    expect(await run()).toEqual([prepared(true), prepared(true)])
    expect([await world.forwards(one), await world.forwards(two)]).toEqual([true, true])
    const again = async (): Promise<void> => expect(await run()).toEqual([prepared(false), prepared(false)])
    expect(await writesDuring(world, again)).toBe(0)
  })

  declare('prepare: one target that is gone spoils no other', async (world) => {
    const [dead, live] = [await world.addNode('node-1'), await world.addNode('node-2')]
    await world.terminate(dead)
    const outcomes = await world.provider.prepare?.([dead.target, live.target], signal)
    expect(outcomes).toEqual([failed('not-found'), prepared(true)])
    expect(await world.forwards(live)).toBe(true)
  })
}

const problem = (kind: TargetProblem['problem']): unknown => ({
  problem: kind,
  message: expect.stringMatching(/\w+ \w+/) as unknown,
})

/** The answers in the order of the nodes, after a look that there is one for each and no other. */
async function resolve(
  world: ProviderWorld,
  nodes: readonly NodeView[],
  family: Family = 4,
): Promise<(Target | TargetProblem | undefined)[]> {
  const keys = nodes.map((node) => targetKey({ node, family }))
  const found = await world.provider.targets(
    nodes.map((node) => ({ node, family })),
    signal,
  )
  expect([...found.keys()].sort()).toEqual([...keys].sort())
  return keys.map((key) => found.get(key))
}
