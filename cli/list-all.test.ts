import { expect, test } from 'vitest'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Resource } from '../kube/resource.ts'
import { listAll } from './list-all.ts'
import { CommandWorld, signal } from './testing/command-world.ts'

test('all pages, and each object once', async () => {
  await using world = await CommandWorld.open()
  const names = Array.from({ length: 1_001 }, (_, n) => `node-${String(n).padStart(4, '0')}`)
  for (const name of names) world.cluster.addNode(name)
  const nodes = await listAll(new Resource<Node>(world.kube, nodeType), signal)
  expect(nodes.map(({ metadata }) => metadata.name)).toEqual(names)
  expect(world.cluster.calls.filter(({ resource }) => resource === 'nodes')).toHaveLength(3)
})

test('none', async () => {
  await using world = await CommandWorld.open()
  expect(await listAll(new Resource<Node>(world.kube, nodeType), signal)).toEqual([])
})
