import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type GcpWorld, openGcpWorld } from './testing/gcp-world.ts'

let world: GcpWorld
beforeEach(async () => {
  world = await openGcpWorld()
  world.manager('--allocate-node-cidrs=false')
})
afterEach(() => world.close())

describe('quotas', () => {
  test('a network has one with its peers: what they give counts', async () => {
    const peer = world.addPeer('other', '10.9.0.0/16', { customRoutes: true })
    for (const index of [0, 1, 2])
      world.addRoute(`10.200.${index}.0/24`, world.a, {
        ...{ name: `theirs-${index}`, network: peer, nextHopInstance: undefined, nextHopIp: '10.9.0.2' },
      })
    const { findings } = await world.examine([
      ...['--gcp-routes-per-network', '6', '--gcp-routes-per-peering-group', '7'],
    ])
    expect(findings.find(({ code }) => code === 'NetworkFull')?.message).toMatch(
      /prod with its peers has 4 of 7 static routes, and the Nodes need 4 more/,
    )
  })

  test('of peers Google does not tell it: that it is a guess is said, and how to say it', async () => {
    const peer = world.addPeer('other', '10.9.0.0/16', { customRoutes: true })
    world.addRoute('10.200.0.0/24', world.a, {
      ...{ name: 'theirs', network: peer, nextHopInstance: undefined, nextHopIp: '10.9.0.2' },
    })
    const room = async (flags: readonly string[]): Promise<string | undefined> =>
      (await world.examine(flags)).findings.find(({ code }) => code === 'RouteRoom')?.message
    // Of a group at least what holds for a network alone.
    expect(await room(['--gcp-routes-per-network', '600'])).toContain(
      'with its peers the limit is taken to be 600 static routes (a guess: Compute Engine does not tell it; say it by --gcp-routes-per-peering-group)',
    )
    const flags = ['--gcp-routes-per-network', '600', '--gcp-routes-per-peering-group', '700']
    expect(await room(flags)).not.toContain('guess')
  })

  test('of a project of before, which has one of all its routes', async () => {
    world.estate.addProject('prod-1', { quotas: { ROUTES: { limit: 10, usage: 8 } } })
    const { findings } = await world.examine()
    expect(findings.find(({ code }) => code === 'NetworkFull')?.message).toMatch(/has 1 of 3 static routes/)
  })
})

describe('the way out', () => {
  test('an external address does without NAT', async () => {
    const { addNode, cluster, estate, network } = world
    estate.removeRouters(network)
    for (const name of ['node-a', 'node-b']) cluster.deleteNode(name)
    addNode('node-c', ['10.244.7.0/24'], { external: '203.0.113.7' })
    expect((await world.examine()).wrong).toEqual([])
  })

  test.each([
    ['of another region', 'us-east1', { ranges: 'ALL_SUBNETWORKS_ALL_IP_RANGES' }],
    ['between networks only', 'europe-west1', { ranges: 'ALL_SUBNETWORKS_ALL_IP_RANGES', type: 'PRIVATE' }],
    ['of other subnets', 'europe-west1', { ranges: 'LIST_OF_SUBNETWORKS' }],
  ] as const)('NAT %s is none', async (_name, region, nat) => {
    const { estate, network } = world
    estate.removeRouters(network)
    estate.addRouter(network, region, 'r', { name: 'n', ...nat })
    expect((await world.examine()).wrong).toEqual([expect.stringMatching(/^warning NoWayOut subnet/)])
  })

  const everywhere = '0.0.0.0/0'
  const noDefault = ({ estate, network }: GcpWorld): void =>
    estate.removeRoutes(network, parseCidr(everywhere))

  test('without a default route NAT leads nowhere', async () => {
    noDefault(world)
    const { findings, wrong } = await world.examine()
    expect(wrong).toEqual([expect.stringMatching(/^warning NoWayOut subnet/)])
    expect(findings[0]?.message).toMatch(/prod has no default route/)
  })

  test('a default route to an appliance: what that does is not judged', async () => {
    noDefault(world)
    world.estate.removeRouters(world.network)
    world.addRoute(everywhere, world.addInstance('appliance'))
    expect((await world.examine()).wrong).toEqual([])
  })

  test('NAT that lists the subnet', async () => {
    const { estate, network, subnet } = world
    estate.removeRouters(network)
    const subnetworks = [{ subnetwork: subnet, ranges: ['PRIMARY_IP_RANGE'] }] as const
    estate.addRouter(network, 'europe-west1', 'r', { name: 'n', ranges: 'LIST_OF_SUBNETWORKS', subnetworks })
    expect((await world.examine()).wrong).toEqual([])
  })
})
