import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { ControllerWorld } from './testing/controller-world.ts'

/**
 * TestReconcile of the upstream route controller (kubernetes/cloud-provider, controllers/route/route_controller_test.go),
 * with its names. There a route in the cluster's range is the controller's; here, one that is recorded is.
 */
const podCIDRsOf: Readonly<Record<string, readonly string[]>> = {
  'node-1': ['10.120.0.0/24'],
  'node-2': ['10.120.1.0/24'],
  'node-3': ['10.120.0.0/24', 'a00:100::/24'],
  'node-4': ['10.120.1.0/24', 'a00:200::/24'],
}
const single = ['10.120.0.0/24 node-1', '10.120.1.0/24 node-2']
const dual = ['10.120.0.0/24 node-3', '10.120.1.0/24 node-4', 'a00:100::/24 node-3', 'a00:200::/24 node-4']

interface Scenario {
  readonly name: string
  readonly nodes: readonly string[]
  /** In the table at the start, and recorded unless `foreign`. */
  readonly routes: readonly string[]
  readonly foreign?: readonly string[]
  readonly blackhole?: boolean
  readonly expected: readonly string[]
  readonly writes: number
}

const scenarios: readonly Scenario[] = [
  {
    name: 'multicidr 2 nodes and no routes',
    nodes: ['node-3', 'node-4'],
    routes: [],
    expected: dual,
    writes: 4,
  },
  {
    name: 'multicidr 2 nodes and all routes created',
    nodes: ['node-3', 'node-4'],
    routes: dual,
    expected: dual,
    writes: 0,
  },
  {
    name: 'multicidr 2 nodes and few wrong routes (ours: four replaces)',
    nodes: ['node-3', 'node-4'],
    routes: ['10.120.0.0/24 node-4', '10.120.1.0/24 node-3', 'a00:100::/24 node-4', 'a00:200::/24 node-3'],
    expected: dual,
    writes: 4,
  },
  {
    name: 'multicidr 2 nodes and some routes created',
    nodes: ['node-3', 'node-4'],
    routes: ['10.120.0.0/24 node-3', 'a00:200::/24 node-4'],
    expected: dual,
    writes: 2,
  },
  {
    name: 'multicidr 2 nodes and too many routes',
    nodes: ['node-3', 'node-4'],
    routes: [...dual, '10.120.2.0/24 node-x', 'a00:300::/24 node-y'],
    expected: dual,
    writes: 2,
  },
  {
    name: 'single cidr 2 nodes and routes created',
    nodes: ['node-1', 'node-2'],
    routes: single,
    expected: single,
    writes: 0,
  },
  {
    name: 'single cidr 2 nodes and one route created',
    nodes: ['node-1', 'node-2'],
    routes: ['10.120.0.0/24 node-1'],
    expected: single,
    writes: 1,
  },
  {
    name: 'single cidr 2 nodes and no routes',
    nodes: ['node-1', 'node-2'],
    routes: [],
    expected: single,
    writes: 2,
  },
  {
    name: 'single cidr 2 nodes and too many routes',
    nodes: ['node-1', 'node-2'],
    routes: [...single, '10.120.2.0/24 node-3', '10.120.3.0/24 node-4'],
    expected: single,
    writes: 2,
  },
  {
    name: 'too many routes that are not recorded (upstream: removed; ours: foreign, they stay)',
    nodes: ['node-1', 'node-2'],
    routes: single,
    foreign: ['10.120.2.0/24 node-3', '10.120.3.0/24 node-4'],
    expected: [...single, '10.120.2.0/24 node-3', '10.120.3.0/24 node-4'],
    writes: 0,
  },
  {
    name: 'single cidr 2 nodes and 2 routes with 1 incorrect',
    nodes: ['node-1', 'node-2'],
    routes: ['10.120.0.0/24 node-1', '10.120.2.0/24 node-3'],
    expected: single,
    writes: 2,
  },
  {
    name: 'single cidr 2 nodes and one node without cidr assigned',
    nodes: ['node-1', 'node-none'],
    routes: [],
    expected: ['10.120.0.0/24 node-1'],
    writes: 1,
  },
  {
    name: 'single cidr 2 nodes and an extra blackhole route in our range',
    nodes: ['node-1', 'node-2'],
    routes: [...single, '10.120.2.0/24 gone'],
    blackhole: true,
    expected: single,
    writes: 1,
  },
  {
    name: 'an extra blackhole route in our range that is not recorded (upstream: deleted; ours: it stays)',
    nodes: ['node-1', 'node-2'],
    routes: single,
    foreign: ['10.120.2.0/24 gone'],
    blackhole: true,
    expected: [...single, '10.120.2.0/24 gone'],
    writes: 0,
  },
  {
    name: 'single cidr 2 nodes and an extra blackhole route not in our range',
    nodes: ['node-1', 'node-2'],
    routes: single,
    foreign: ['10.1.2.0/24 gone'],
    blackhole: true,
    expected: ['10.1.2.0/24 gone', ...single],
    writes: 0,
  },
]

test.each(scenarios)('$name', async ({ nodes, routes, foreign = [], blackhole, expected, writes }) => {
  await using world = await ControllerWorld.open()
  for (const name of nodes) {
    const podCIDRs = podCIDRsOf[name]
    world.join(name, podCIDRs === undefined ? {} : { podCIDRs })
  }
  for (const text of [...routes, ...foreign]) {
    const [destination = '', id = ''] = text.split(' ')
    const state = blackhole === true && id === 'gone' ? 'blackhole' : 'active'
    world.cloud.putRoute('table-1', {
      destination: parseCidr(destination),
      target: { kind: 'instance', id },
      state,
    })
    if (foreign.includes(text)) continue
    const holder = world.cluster.nodes().find(({ spec }) => spec.podCIDRs?.includes(destination))
    world.cluster.addRecord(destination, holder?.metadata ?? { name: id, uid: `uid of ${id}` }, id)
  }
  await world.settled()
  expect(world.routes()).toEqual([...expected].sort())
  expect(world.routeWrites).toHaveLength(writes)
  for (const name of nodes) expect(world.unavailable(name)).toBe(name === 'node-none' ? 'True' : 'False')
})

// https://github.com/kubernetes/kubernetes/issues/98359
test('single cidr node ips changed so routes should be updated', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.addInstance('i-old', [{ family: 4, value: 0x0a000101n }])
  world.cloud.addInstance('i-new', [{ family: 4, value: 0x0a000102n }])
  world.cluster.addNode('node-1', { podCIDRs: ['10.120.0.0/24'], addresses: ['10.0.1.1'] })
  await world.settled()
  expect(world.routes()).toEqual(['10.120.0.0/24 i-old'])
  world.cluster.patchNode(
    'node-1',
    { status: { addresses: [{ type: 'InternalIP', address: '10.0.1.2' }] } },
    '/status',
  )
  await world.quiet()
  expect(world.routes()).toEqual(['10.120.0.0/24 i-new'])
  expect(world.routeWrites).toEqual(['create table-1 10.120.0.0/24', 'replace table-1 10.120.0.0/24'])
})
