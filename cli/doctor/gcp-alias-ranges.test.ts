import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { type GcpWorld, alias, openGcpWorld, restrained } from './testing/gcp-world.ts'

let world: GcpWorld
beforeEach(async () => {
  world = await openGcpWorld()
  world.manager('--allocate-node-cidrs=false')
})
afterEach(() => world.close())

describe('--gcp-mode alias-ip', () => {
  const flags = ['--gcp-mode', 'alias-ip', '--cluster-cidr', 'fd00:10:244::/56'] as const
  beforeEach(() => {
    for (const name of ['node-a', 'node-b']) world.cluster.deleteNode(name)
  })

  test('podCIDRs that are alias ranges, or are about to be, lie in a secondary range by right and take no route', async () => {
    const { addNode, estate, network } = world
    addNode('node-c', ['10.64.1.0/24', 'fd00:10:244:1::/64'], { ...alias('10.64.1.0/24'), ...restrained })
    addNode('node-d', ['10.64.2.0/24', 'fd00:10:244:2::/64'])
    expect((await world.examine(flags)).wrong).toEqual([
      // The secondary range once, not each podCIDR of it.
      'error PodTrafficBlocked network/projects/prod-1/global/networks/prod',
    ])
    estate.addFirewall({ network, name: 'alias', ranges: ['10.64.0.0/22'], targetTags: ['node'] })
    const { findings, wrong } = await world.examine([...flags, '--gcp-routes-per-network', '300'])
    expect(wrong).toEqual([])
    expect(findings.map(({ code }) => code)).toContain('RouteRoom')
    // Where static routes are written, the second one can't be.
    const { wrong: inRoutes } = await world.examine(['--gcp-routes-per-network', '300'])
    expect(inRoutes).toEqual(['error RangeOverlapsSubnet Node/node-d'])
  })

  test('what is delivered to the interface by alias range, or of its own in IPv6, takes no forwarding', async () => {
    const { addNode, cluster, estate, network } = world
    estate.addFirewall({ network, name: 'alias', ranges: ['10.64.0.0/22', '10.0.0.0/8'] })
    estate.addFirewall({ network, name: 'own', ranges: ['fd20::/64'] })
    const wish = { ...alias('10.64.1.0/24'), ...restrained, canIpForward: false }
    const instance = addNode('node-c', ['10.64.1.0/24'], wish)
    const { ipv6 } = instance.interfaces[0] ?? {}
    cluster.deleteNode('node-c')
    cluster.addNode('node-c', {
      providerID: 'gce://prod-1/europe-west1-b/node-c',
      podCIDRs: ['10.64.1.0/24', `${ipv6 === undefined ? '' : formatAddress(ipv6)}/112`],
    })
    expect((await world.examine(flags)).wrong).toEqual([])
    addNode('node-d', ['10.64.2.0/24', 'fd00:10:244:2::/64'], { ...restrained, canIpForward: false })
    expect((await world.examine(flags)).wrong).toContain(
      'error IpForwardingOff instance/projects/prod-1/zones/europe-west1-b/instances/node-d',
    )
  })

  test('its permissions are asked for', async () => {
    world.deny('compute.instances.updateNetworkInterface')
    world.deny('compute.subnetworks.use')
    const { wrong } = await world.examine(flags)
    expect(wrong.filter((line) => line.startsWith('error'))).toEqual([
      'error PermissionMissing permission/compute.subnetworks.use',
      'error PermissionMissing permission/compute.instances.updateNetworkInterface',
    ])
  })
})

describe('the guest agent is kept from alias ranges', () => {
  const codes = async (): Promise<readonly string[]> => {
    const { findings } = await world.examine()
    return findings.map(({ code }) => code).filter((code) => code === 'GuestAgentTakesRanges')
  }

  test.each([
    ['by the instance’s metadata', { 'disable-address-manager': 'true' }, {}],
    ['by the project’s', {}, { 'disable-address-manager': '1' }],
    ['by what it runs at its start', { 'startup-script': 'echo "ip_aliases = false" >>x' }, {}],
  ] as const)('%s', async (_, own, common) => {
    world.estate.setProjectMetadata('prod-1', common)
    world.addNode('node-c', ['10.64.1.0/24'], { ...alias('10.64.1.0/24'), metadata: own })
    expect(await codes()).toEqual([])
  })

  test.each([
    [
      'the instance’s metadata win',
      { 'disable-address-manager': 'false' },
      { 'disable-address-manager': 'true' },
    ],
    ['not by a script that says the opposite', { 'startup-script': 'ip_aliases = true' }, {}],
  ])('%s', async (_, own, common) => {
    world.estate.setProjectMetadata('prod-1', common)
    world.addNode('node-c', ['10.64.1.0/24'], { ...alias('10.64.1.0/24'), metadata: own })
    expect(await codes()).toHaveLength(1)
  })

  test('alias ranges that are nobody’s pods are not meant', async () => {
    world.addNode('node-c', ['10.244.7.0/24'], alias('10.64.1.0/24'))
    expect(await codes()).toEqual([])
  })
})
