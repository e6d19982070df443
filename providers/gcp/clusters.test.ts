import { expect, test } from 'vitest'
import { compareCidrs, parseCidr } from '../../net/cidr.ts'
import { createGcpWorld } from '../../test/conformance/gcp-world.ts'
import type { ObservedRoute } from '../route.ts'

const { signal } = new AbortController()
const v4 = parseCidr('10.244.3.0/24')
const v6 = parseCidr('fd00:10:244:3::/64')

// gce_routes.go lists by a prefix of names: `dev` takes the routes of `dev-2` for its own, and of names that are equal in
// 26 characters either cluster takes the other's.
test.each([
  ['dev', 'dev-2'],
  ['a-cluster-with-a-very-long-name-one', 'a-cluster-with-a-very-long-name-two'],
])('clusters %s and %s on one network leave each other’s routes alone', async (first, second) => {
  const world = await createGcpWorld()
  try {
    const table = await world.addTable('shared')
    const node = await world.addNode('node-1')
    const [one, two] = [first, second].map((clusterName) => world.providerWith({ clusterName }))
    const other = parseCidr('10.245.3.0/24')
    await one?.apply(table, { changes: [{ op: 'create', destination: v4, target: node.target }] }, signal)
    await two?.apply(table, { changes: [{ op: 'create', destination: other, target: node.target }] }, signal)
    const seenBy = async (provider: typeof one): Promise<readonly ObservedRoute[]> =>
      ((await provider?.list(table, signal))?.routes ?? [])
        .filter(({ target }) => target.id === node.target.id)
        .sort((a, b) => compareCidrs(a.destination, b.destination))
    expect((await seenBy(one)).map(({ isForeign }) => isForeign)).toEqual([undefined, true])
    expect((await seenBy(two)).map(({ isForeign }) => isForeign)).toEqual([true, undefined])
    await one?.apply(table, { changes: [{ op: 'delete', destination: v4, from: node.target }] }, signal)
    expect(await seenBy(two)).toMatchObject([{ destination: other, target: node.target }])
  } finally {
    await world.close()
  }
})

// gce_routes.go: "TODO(thockin): generate a unique name for node + route cidr".
test('a dual-stack node has two routes of two names', async () => {
  const world = await createGcpWorld()
  try {
    const table = await world.addTable('a')
    const { target } = await world.addNode('node-1')
    const changes = [v4, v6].map((destination) => ({ op: 'create', destination, target }) as const)
    expect(await world.provider.apply(table, { changes }, signal)).toEqual([
      { result: 'done' },
      { result: 'done' },
    ])
    const names = world
      .callsOf('routes.insert')
      .map(({ body }) => (JSON.parse(body) as { name: string }).name)
    expect(new Set(names).size).toBe(2)
    expect(world.simulator.calls.filter(({ status }) => status === 409)).toEqual([])
  } finally {
    await world.close()
  }
})
