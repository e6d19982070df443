import { afterEach, beforeEach, expect, test } from 'vitest'
import { permissionsFor } from '../../../providers/gcp/testing/permissions.ts'
import type { Instance } from '../../../test/simulators/gce/state.ts'
import { type GcpWorld, openGcpWorld } from '../testing/gcp-world.ts'
import { openPathApi } from './testing/path-api.ts'

/** The real command before a simulated cluster and Google Cloud, over sockets, with credentials that it finds itself. */

let api: Awaited<ReturnType<typeof openPathApi>>
let world: GcpWorld
let network: string
let a: Instance
let b: Instance

beforeEach(async () => {
  world = await openGcpWorld()
  api = await openPathApi()
  const { addInstance, addRoute, estate, project, region } = world
  network = estate.addNetwork(project, 'net')
  // So small that the first address is that of the Node: they have no provider ID.
  const subnet = (name: string, range: string) => estate.addSubnetwork({ network, name, region, range })
  a = addInstance('one', { subnetworks: [subnet('one', '10.0.1.8/29')] })
  b = addInstance('two', { subnetworks: [subnet('two', '10.0.2.8/29')] })
  addRoute('10.244.1.0/24', a, { network })
  addRoute('10.244.3.0/24', b, { network })
})

afterEach(async () => {
  await api.close()
  await world.close()
})

interface Told {
  readonly paths: readonly {
    readonly hops: readonly { readonly way: string; readonly at: string; readonly code: string }[]
    readonly broken: { readonly at: string; readonly code: string; readonly fix: string } | null
  }[]
}

async function explain() {
  const flags = ['--provider', 'gcp', '--gcp-project', world.project, '--gcp-network', 'net']
  const ended = await api.run('--from', 'web', '--to', 'db', ...flags, '--output', 'json')
  const [path] = (JSON.parse(ended.stdout) as Told).paths
  const hops = path?.hops.filter(({ at }) => at === 'cloud').map(({ code, way }) => `${way} ${code}`)
  return { ...ended, hops, broken: path?.broken }
}

test('a way that is whole, there and back, by what the controller’s role may read', async () => {
  const { broken, code, hops } = await explain()
  expect([code, broken]).toEqual([0, null])
  expect(hops).toEqual([
    'there SenderMayForward',
    'there CloudRouteFound',
    'there ReceiverMayForward',
    'back SenderMayForward',
    'back CloudRouteFound',
    'back ReceiverMayForward',
  ])
  expect(permissionsFor(world.calls())).toEqual([
    'compute.instances.list',
    'compute.networks.get',
    'compute.routes.list',
    'compute.subnetworks.list',
  ])
})

test('an instance that may not forward breaks it, and the exit code tells', async () => {
  world.estate.changeInstance(b.path, { canIpForward: false })
  const { broken, code, stderr } = await explain()
  expect([code, stderr]).toEqual([
    1,
    'podway: IPv4: broken at cloud, on the way there: ReceiverMayNotForward\n',
  ])
  expect(broken?.fix).toContain('gcloud compute instances export two --project prod-1')
})

test('the way back alone may be broken', async () => {
  for (const { destination, path } of world.estate.routes(network))
    if (destination.prefixLength === 24 && path.endsWith('route-0')) world.estate.removeRoute(path)
  const { broken, code } = await explain()
  expect([code, broken]).toMatchObject([1, { at: 'cloud', way: 'back', code: 'CloudRouteMissing' }])
})

test('what may not be read is unknown, and no error', async () => {
  world.deny('compute.routes.list')
  const { code, hops } = await explain()
  expect(code).toBe(0)
  expect(hops).toEqual(['there CloudNotRead', 'back CloudNotRead'])
})
