import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { expect, test } from 'vitest'
import { permissionsFor } from '../../providers/gcp/testing/permissions.ts'
import { type GcpWorld, openGcpWorld } from './testing/gcp-world.ts'

async function inWorld<T>(work: (world: GcpWorld) => Promise<T>): Promise<T> {
  const world = await openGcpWorld()
  world.manager('--allocate-node-cidrs=false')
  return work(world).finally(() => world.close())
}

test('it reads, and asks which permissions there are: no call writes anything, anywhere', () =>
  inWorld(async (world) => {
    world.addRoute('10.244.0.0/24', world.b)
    world.estate.changeInstance(world.a.path, { canIpForward: false })
    const writes = world.simulator.calls.length
    await world.examine()
    const calls = world.simulator.calls.slice(writes)
    expect(calls).toEqual(world.calls())
    expect(calls.length).toBeGreaterThan(5)
    for (const { body, method } of calls)
      expect([method, body]).toEqual([expect.stringMatching(/\.(get|aggregatedList|list)/), ''])
    expect(world.resourceManager.calls.map(({ request }) => request)).toEqual([
      'POST /v1/projects/prod-1:testIamPermissions',
    ])
    expect([...new Set(world.cluster.calls.map(({ method }) => method))]).toEqual(['GET'])
  }))

const ofController = [
  'networks.get',
  'instances.list',
  'instances.get',
  'routes.list',
  'projects.get',
  'subnetworks.list',
]
test.each(ofController)(
  'compute.%s, which the controller needs, is missing: an error, and the rest is examined as far as it goes',
  (name) =>
    inWorld(async (world) => {
      // Its zone is out of reach of lists, so it is asked for by name.
      if (name === 'instances.get')
        world.cluster.addNode('node-x', { providerID: 'gce://prod-1/europe-west1-c/elsewhere' })
      world.deny(`compute.${name}`)
      const { code, wrong } = await world.examine()
      expect(wrong).toContain(`error PermissionMissing permission/compute.${name}`)
      expect(wrong.filter((line) => !line.includes('Permission'))).toEqual([])
      expect(code).toBe(1)
    }),
)

test.each(['networks.getEffectiveFirewalls', 'routers.list'])(
  'compute.%s, without which routes are written all the same, is missing: it is unknown, and no error',
  (name) =>
    inWorld(async (world) => {
      world.deny(`compute.${name}`)
      const { code, wrong } = await world.examine()
      expect(wrong).toEqual([`unknown NotExamined permission/compute.${name}`])
      expect(code).toBe(0)
    }),
)

test('a shared VPC: permissions are asked for in the host project, where routes are, and none to use instances', () =>
  inWorld(async (world) => {
    const { addNode, deny, estate, host, region } = world
    const network = estate.addNetwork(host, 'shared')
    const subnet = estate.addSubnetwork({
      network,
      name: 's',
      region,
      range: '10.7.0.0/24',
      ipv6: 'fd20:7::/64',
    })
    for (const name of ['node-a', 'node-b']) world.cluster.deleteNode(name)
    addNode('node-c', ['10.244.7.0/24', 'fd00:10:244:7::/64'], { subnetworks: [subnet] })
    estate.addFirewall({ network, name: 'all' })
    estate.addFirewall({ network, name: 'all6', ranges: ['::/0'] })
    estate.addRouter(network, region, 'r', { name: 'nat', ranges: 'ALL_SUBNETWORKS_ALL_IP_RANGES' })
    deny('compute.instances.use')
    const flags = ['--gcp-network', network]
    expect((await world.examine(flags)).wrong).toEqual([])
    deny('compute.routes.delete', host)
    expect((await world.examine(flags)).wrong).toEqual([
      'error PermissionMissing permission/compute.routes.delete',
    ])
  }))

test('who may not read what peers give: it is unknown', () =>
  inWorld(async (world) => {
    world.addPeer('other', '10.9.0.0/16', { customRoutes: true })
    world.deny('compute.networks.listPeeringRoutes')
    expect((await world.examine()).wrong).toEqual([
      'unknown NotExamined permission/compute.networks.listPeeringRoutes',
    ])
  }))

const permissionsOf = (name: string): readonly string[] => {
  const file = new URL(`../../deploy/iam/${name}.yaml`, import.meta.url)
  return (load(readFileSync(file, 'utf8')) as { readonly includedPermissions: readonly string[] })
    .includedPermissions
}

test.each([
  ['routes', ['gcp-controller-role']],
  ['alias-ip', ['gcp-controller-role', 'gcp-alias-ip-role']],
])('deploy/iam: in the mode %s, %j and the doctor’s role list exactly what it asks for', (mode, roles) =>
  inWorld(async (world) => {
    world.addPeer('other', '10.9.0.0/16', { customRoutes: true })
    world.cluster.addNode('by-address', { addresses: ['10.0.1.99'] })
    world.cluster.addNode('unknown', { providerID: 'gce://prod-1/europe-west1-b/unknown' })
    await world.examine(['--gcp-mode', mode])
    const tested = world.resourceManager.calls.flatMap(({ permissions }) => permissions)
    const doctor = permissionsOf('gcp-doctor-role')
    expect([...roles.flatMap(permissionsOf), ...doctor].sort()).toEqual(
      [...new Set([...permissionsFor(world.calls()), ...tested])].sort(),
    )
    for (const permission of doctor) expect(permission).toMatch(/\.(list|get)[A-Za-z]*$/)
  }),
)
