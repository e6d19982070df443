import { expect, test } from 'vitest'
import { nodeType } from '../kube/node-type.ts'
import type { Node } from '../kube/objects.ts'
import { Resource } from '../kube/resource.ts'
import { parseCidr } from '../net/cidr.ts'
import { memoryProvider } from '../providers/memory/memory-provider.ts'
import { type NodeRoute, nodeRouteType } from '../reconciler/node-route/node-route.ts'
import { ControllerWorld } from '../reconciler/testing/controller-world.ts'
import { clusterLedger } from './survey/ledger-source.ts'
import { runAdopt } from './run-adopt.ts'
import { runRelease } from './run-release.ts'
import { RecordedOutput, connectTo, nobody, now, signal, waits } from './testing/command-world.ts'

/** The commands beside a controller that runs, which learns of them by its watch alone. */

test('what is adopted while the controller runs is repaired, and goes with its Node', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs: ['10.244.1.0/24'] })
  const destination = parseCidr('10.244.1.0/24')
  const target = { kind: 'instance', id: 'node-1' } as const
  world.cloud.putRoute('table-1', { destination, target })
  await world.settled({ adopt: 'none' })
  expect(world.records).toEqual([])

  const kube = connectTo(world.cluster)
  const output = new RecordedOutput()
  const parts = {
    provider: memoryProvider(world.cloud),
    nodes: new Resource<Node>(kube, nodeType),
    ledger: clusterLedger(kube, output),
    output,
    now,
    waits,
  }
  await runAdopt({ destinations: [], tables: [], yes: true, output: 'table' }, parts, signal)
  await kube.close()
  expect(output.notes).toEqual(['1 route adopted.'])
  expect(await world.passUntil(() => world.records.length > 0)).toBe(true)
  expect(world.routeWrites).toEqual([])

  world.cloud.putRoute('table-1', { destination, target: { kind: 'other', id: 'gateway' } })
  const repaired = (): boolean => world.routeWrites.includes('replace table-1 10.244.1.0/24')
  expect(await world.passUntil(repaired)).toBe(true)
  expect(world.routes()).toEqual(['10.244.1.0/24 node-1'])

  world.leave('node-1')
  expect(await world.passUntil(() => world.records.length === 0)).toBe(true)
  expect(world.routes()).toEqual([])
})

test('what the brake holds is listed, and deleted once it is released', async () => {
  await using world = await ControllerWorld.open()
  const names = Array.from({ length: 12 }, (_, n) => `node-${n}`)
  for (const [n, name] of names.entries()) world.join(name, { podCIDRs: [`10.244.${n}.0/24`] })
  await world.settled()
  expect(world.routes()).toHaveLength(12)

  // Their instances run on: somebody deleted the Nodes.
  for (const name of names) world.cluster.deleteNode(name)
  const kube = connectTo(world.cluster)
  const routes = new Resource<NodeRoute>(kube, nodeRouteType)
  const isHeld = (): boolean =>
    world.cluster.records().every(({ status }) => status?.tables?.[0]?.reason === 'DeleteBrake')
  expect(await world.passUntil(isHeld)).toBe(true)
  const output = new RecordedOutput()
  const parts = { routes, output, waits, asker: nobody }
  await runRelease({ targets: undefined, yes: true, output: 'table' }, parts, signal)
  expect(output.rows.slice(1, -1)).toHaveLength(12)
  await world.pass(3_600_000)
  expect(world.routes()).toHaveLength(12)

  const target = { name: 'v4-10-244-3-0-24', text: '' }
  await runRelease({ targets: [target], yes: true, output: 'table' }, parts, signal)
  expect(await world.passUntil(() => world.routes().length === 11)).toBe(true)
  await runRelease({ targets: 'all', yes: true, output: 'table' }, parts, signal)
  expect(await world.passUntil(() => world.records.length === 0)).toBe(true)
  expect(world.routes()).toEqual([])
  await kube.close()
})
