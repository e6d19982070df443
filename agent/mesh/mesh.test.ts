import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { ProviderError } from '../../providers/errors.ts'
import { type MeshWorld, createMeshWorld, meshNode } from './testing/mesh-world.ts'

let world: MeshWorld
beforeEach(() => {
  world = createMeshWorld(3)
  world.nodes.sync()
})
afterEach(() => world.stop())

const problems = (): readonly string[] => {
  const status = world.status()
  return status?.state === 'running' ? status.problems.map((one) => `${one.destination} ${one.reason}`) : []
}

const ofTwoAndThree = [
  '10.244.2.0/24 via 10.0.0.2',
  '10.244.3.0/24 via 10.0.0.3',
  'fd00:10:244:2::/64 via fd00::2',
  'fd00:10:244:3::/64 via fd00::3',
]

describe('what is written', () => {
  test('a route for each podCIDR of every other node, over its internal address of the family', async () => {
    await world.start()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(world.status()).toEqual({
      state: 'running',
      wanted: 4,
      programmed: 4,
      problems: [],
      held: 0,
      hazards: [],
    })
  })

  test('nothing before all Nodes have been read', async () => {
    world = createMeshWorld(3)
    world.kernel.add('10.244.9.0/24', { gateway: '10.0.0.9', protocol: 112, metric: 1120 })
    await world.start()
    await world.clock.advance(600_000)
    expect([world.kernel.lists, world.kernel.writes]).toEqual([0, []])
    expect(world.status()).toMatchObject({ state: 'waiting', reason: 'Starting' })
    world.nodes.sync()
    await world.clock.advance(50)
    expect(world.kernel.ours).toContain('10.244.2.0/24 via 10.0.0.2')
  })

  test('nothing after a restart: the mark is in the routes', async () => {
    await world.start()
    const before = world.kernel.writes.length
    await world.start()
    await world.clock.advance(600_000)
    expect(world.kernel.writes).toHaveLength(before)
  })

  test('nothing while nothing changes, and little is read', async () => {
    await world.start()
    const { lists } = world.kernel
    const before = world.kernel.writes.length
    for (let hour = 0; hour < 60; hour++) {
      world.nodes.put(meshNode(2))
      await world.clock.advance(60_000)
    }
    expect(world.kernel.writes).toHaveLength(before)
    expect(world.kernel.lists - lists).toBeLessThanOrEqual(12)
    expect(world.nodes.asked).toBe(0)
  })

  test('a node that comes later has its routes at once', async () => {
    await world.start()
    world.nodes.put(meshNode(4))
    await world.clock.advance(50)
    expect(world.kernel.ours).toContain('10.244.4.0/24 via 10.0.0.4')
  })

  // https://github.com/kubernetes/kubernetes/issues/98359
  test("Route not updated when the node's IP changes: here the next hop follows, in place", async () => {
    await world.start()
    world.nodes.put(meshNode(2, { addresses: ['10.0.0.22', 'fd00::22'].map(parseAddress) }))
    await world.clock.advance(50)
    expect(world.kernel.ours).toEqual([
      '10.244.2.0/24 via 10.0.0.22',
      '10.244.3.0/24 via 10.0.0.3',
      'fd00:10:244:2::/64 via fd00::22',
      'fd00:10:244:3::/64 via fd00::3',
    ])
    expect(world.kernel.writes.slice(4).map(({ op }) => op)).toEqual(['replace', 'replace'])
  })

  test('under the policy to observe: nothing', async () => {
    await world.start({ policy: 'observe' })
    expect(world.kernel.writes).toEqual([])
    expect(problems()[0]).toBe('10.244.2.0/24 PolicyObserve')
  })
})

describe('what others do', () => {
  test('somebody flushes the routes: they are back at the next news, and it is told', async () => {
    await world.start()
    world.kernel.remove((_, { protocol }) => protocol === 112)
    await world.news()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(world.repairs).toHaveLength(4)
    expect(world.logs).toContain('route repaired: somebody took it away')
  })

  test('the link goes down and comes up: the routes are back', async () => {
    await world.start()
    world.kernel.takeDown('eth0')
    await world.news()
    expect(world.kernel.ours).toEqual([])
    expect(problems()).toEqual([
      '10.244.2.0/24 NotOnLink',
      '10.244.3.0/24 NotOnLink',
      'fd00:10:244:2::/64 NotOnLink',
      'fd00:10:244:3::/64 NotOnLink',
    ])
    world.kernel.addLink('eth0', '10.0.0.1/24', 'fd00::1/64')
    await world.news()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(problems()).toEqual([])
  })

  test('the segment moves to another link: a route that is left on the old one is written anew', async () => {
    await world.start()
    world.kernel.remove((_, { interface: link, gateway }) => link === 'eth0' && gateway === undefined)
    world.kernel.addLink('eth1', '10.0.0.1/24', 'fd00::1/64')
    await world.news()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(world.kernel.writes.slice(4).map(({ op }) => op)).toEqual(Array(4).fill('replace'))
    await world.news()
    expect(world.kernel.writes).toHaveLength(8)
  })

  // https://github.com/gardener/gardener-extension-provider-aws/issues/466
  test("Operator's routes overwritten or removed: here a foreign route stays, and is told", async () => {
    world.kernel.add('10.244.2.0/24', { gateway: '10.0.0.99' })
    world.kernel.add('10.0.0.0/8', { gateway: '10.0.0.99' })
    await world.start()
    expect(world.kernel.others).toEqual(['10.0.0.0/8 via 10.0.0.99', '10.244.2.0/24 via 10.0.0.99'])
    expect(world.kernel.ours).toEqual(ofTwoAndThree.slice(1))
    expect(problems()).toEqual(['10.244.2.0/24 ForeignRoute'])
    world.kernel.remove((text) => text === '10.244.2.0/24')
    await world.news()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })

  test('a foreign route that does the job counts, and stays when the node goes', async () => {
    world.kernel.add('10.244.2.0/24', { gateway: '10.0.0.2' })
    await world.start()
    expect(world.status()).toMatchObject({ programmed: 4, problems: [] })
    world.nodes.remove('node-2')
    await world.clock.advance(60_000)
    expect(world.kernel.others).toEqual(['10.244.2.0/24 via 10.0.0.2'])
    expect(world.kernel.ours).toEqual(['10.244.3.0/24 via 10.0.0.3', 'fd00:10:244:3::/64 via fd00::3'])
  })

  test('a foreign route that hides ours is told, and stays when ours goes', async () => {
    await world.start()
    world.kernel.add('10.244.2.0/24', { gateway: '10.0.0.99' })
    await world.news()
    expect(problems()).toEqual(['10.244.2.0/24 ForeignRoute'])
    world.nodes.remove('node-2')
    await world.clock.advance(60_000)
    expect(world.kernel.ours).toEqual(['10.244.3.0/24 via 10.0.0.3', 'fd00:10:244:3::/64 via fd00::3'])
    expect(world.kernel.others).toEqual(['10.244.2.0/24 via 10.0.0.99'])
  })

  test('a foreign route that hides ours and leads to the same place: nothing is written', async () => {
    await world.start()
    const before = world.kernel.writes.length
    world.kernel.add('10.244.2.0/24', { gateway: '10.0.0.2' })
    await world.news()
    expect(world.status()).toMatchObject({ programmed: 4, problems: [] })
    expect(world.kernel.writes).toHaveLength(before)
  })

  test('the kernel can not be read for a while: it is told, and all is mended then', async () => {
    await world.start()
    world.kernel.remove((_, { protocol }) => protocol === 112)
    const gone = new ProviderError('transient', 'nobody answers', { code: 'unavailable' })
    world.kernel.failures.push(gone, gone, gone)
    await world.news()
    expect(world.status()).toMatchObject({ state: 'waiting', reason: 'KernelUnavailable' })
    await world.clock.advance(10_000)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(world.status()).toMatchObject({ state: 'running', programmed: 4 })
  })
})

describe('peers that can not be reached', () => {
  test('one that is not on-link gets no route, a reason, and spoils no other', async () => {
    world.nodes.put(meshNode(2, { addresses: ['192.168.7.2', 'fd00::2'].map(parseAddress) }))
    await world.start()
    expect(world.kernel.ours).toEqual(ofTwoAndThree.slice(1))
    expect(world.status()).toMatchObject({
      programmed: 3,
      problems: [
        {
          node: 'node-2',
          destination: '10.244.2.0/24',
          reason: 'NotOnLink',
          message: 'no link of this machine leads to node node-2 (192.168.7.2) without a gateway',
        },
      ],
    })
    expect(world.kernel.writes).toHaveLength(3)
  })

  test('of several addresses the one that is on-link is used', async () => {
    world.nodes.put(meshNode(2, { addresses: ['192.168.7.2', '10.0.0.2', 'fd00::2'].map(parseAddress) }))
    await world.start()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })

  test('one without an address of the family waits for it', async () => {
    world.nodes.put(meshNode(2, { addresses: [parseAddress('10.0.0.2')] }))
    await world.start()
    expect(problems()).toEqual(['fd00:10:244:2::/64 NoAddress'])
    world.nodes.put(meshNode(2))
    await world.clock.advance(50)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })

  // https://github.com/kubernetes/kubernetes/issues/29058, https://github.com/antrea-io/antrea/issues/7893
  test('Duplicate podCIDR on two nodes: the first keeps its route', async () => {
    await world.start()
    const before = world.kernel.writes.length
    world.nodes.put(meshNode(4, { podCIDRs: ['10.244.2.0/24'], createdAt: 0 }))
    await world.clock.advance(50)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(world.kernel.writes).toHaveLength(before)
  })

  test('a podCIDR that overlaps another, or this node’s own, is not routed', async () => {
    world.nodes.put(meshNode(4, { podCIDRs: ['10.244.1.128/25', '10.244.0.0/16'], createdAt: 0 }))
    await world.start()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(problems()).toEqual(['10.244.0.0/16 PodCIDRConflict', '10.244.1.128/25 PodCIDRConflict'])
  })

  test('a write that fails comes again, one that can not be made rarely, and neither spoils another', async () => {
    const { kernel } = world
    kernel.refusals.set('10.244.2.0/24', { result: 'failed', reason: 'system', message: 'no memory' })
    kernel.refusals.set('10.244.3.0/24', { result: 'failed', reason: 'refused', message: 'own network' })
    await world.start()
    expect(kernel.ours).toEqual(ofTwoAndThree.slice(2))
    expect(problems()).toEqual(['10.244.2.0/24 WriteFailed', '10.244.3.0/24 WriteFailed'])
    kernel.refusals.clear()
    await world.clock.advance(1_000)
    expect(kernel.ours).toEqual([ofTwoAndThree[0], ...ofTwoAndThree.slice(2)])
    expect(problems()).toEqual(['10.244.3.0/24 WriteFailed'])
    await world.clock.advance(300_000)
    expect(kernel.ours).toEqual(ofTwoAndThree)
  })
})

describe('nodes that go', () => {
  const left = ['10.244.3.0/24 via 10.0.0.3', 'fd00:10:244:3::/64 via fd00::3']

  test('the API server says that it is deleted: its routes go', async () => {
    await world.start()
    world.nodes.remove('node-2')
    await world.clock.advance(60_000)
    expect(world.kernel.ours).toEqual(left)
    expect(world.nodes.asked).toBe(0)
  })

  test('a list does not have it any more: the API server is asked first', async () => {
    await world.start()
    world.nodes.remove('node-2', 'relist')
    await world.clock.advance(1_000)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    await world.clock.advance(60_000)
    expect(world.kernel.ours).toEqual(left)
    expect(world.nodes.asked).toBe(1)
  })

  test('a list does not have it, but the API server does: its routes stay', async () => {
    await world.start()
    world.nodes.remove('node-2', 'relist')
    world.nodes.again = () => [1, 2, 3].map((n) => meshNode(n))
    await world.clock.advance(600_000)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    expect(world.nodes.asked).toBeLessThan(12)
  })

  test('the API server can not be asked: its routes stay', async () => {
    await world.start()
    world.nodes.remove('node-2', 'relist')
    world.nodes.again = () => {
      throw new Error('connection refused')
    }
    await world.clock.advance(600_000)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    world.nodes.again = undefined
    await world.clock.advance(90_000)
    expect(world.kernel.ours).toEqual(left)
  })

  // https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/734
  test('Stale routes after scale-down: one that went while nothing ran is gone after the start', async () => {
    await world.start()
    await world.stop()
    world.nodes.remove('node-2')
    await world.start()
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
    await world.clock.advance(120_000)
    expect(world.kernel.ours).toEqual(left)
    expect(world.nodes.asked).toBe(1)
  })

  test('it comes back meanwhile: nothing happens', async () => {
    await world.start()
    const before = world.kernel.writes.length
    world.nodes.remove('node-2')
    await world.clock.advance(1_000)
    world.nodes.put(meshNode(2, { uid: 'another' }))
    await world.clock.advance(600_000)
    expect(world.kernel.writes).toHaveLength(before)
  })

  test('its podCIDR is another node’s by now: it is replaced in place', async () => {
    await world.start()
    world.nodes.remove('node-2')
    world.nodes.put(meshNode(4, { podCIDRs: ['10.244.2.0/24'] }))
    await world.clock.advance(50)
    expect(world.kernel.ours).toContain('10.244.2.0/24 via 10.0.0.4')
    expect(world.kernel.writes.at(-1)).toMatchObject({ op: 'replace' })
  })

  test('many at a time are held, until somebody says so', async () => {
    world = createMeshWorld(30)
    world.nodes.sync()
    let released = false
    await world.start({ isReleased: () => released })
    for (let n = 2; n <= 20; n++) world.nodes.remove(`node-${n}`)
    await world.clock.advance(3_600_000)
    expect(world.kernel.ours).toHaveLength(58)
    expect(world.status()).toMatchObject({ wanted: 20, programmed: 20, held: 38 })
    expect(problems()[0]).toBe('10.244.10.0/24 DeleteBrake')
    released = true
    await world.clock.advance(300_000)
    expect(world.kernel.ours).toHaveLength(20)
    expect(world.status()).toMatchObject({ problems: [], held: 0 })
  })

  test('Empty or unsynced node list wipes the table: here an empty one removes nothing', async () => {
    world = createMeshWorld(30)
    world.nodes.sync()
    await world.start()
    for (let n = 1; n <= 30; n++) world.nodes.remove(`node-${n}`, 'relist')
    await world.clock.advance(3_600_000)
    expect(world.kernel.ours).toHaveLength(58)
    for (let n = 1; n <= 30; n++) world.nodes.put(meshNode(n))
    await world.clock.advance(1_000)
    expect(world.status()).toMatchObject({ wanted: 58, programmed: 58, held: 0, problems: [] })
    expect(world.kernel.writes).toHaveLength(58)
  })
})

describe('where a mesh can not work', () => {
  const clouds = [
    { providerID: 'azure:///subscriptions/1/vm', reason: 'NoSegment' },
    { providerID: 'gce://project/zone/instance', reason: 'NoSegment' },
    { providerID: 'aws:///eu-central-1a/i-1', reason: 'SourceDestCheck' },
  ]

  test.each(clouds)(
    '$providerID: nothing is written, unless it is forced',
    async ({ providerID, reason }) => {
      for (const n of [1, 2, 3]) world.nodes.put(meshNode(n, { providerID }))
      await world.start()
      expect(world.status()).toMatchObject({ state: 'refused', reason })
      expect([world.kernel.lists, world.kernel.writes]).toEqual([0, []])
      await world.start({ permission: { force: true, sourceDestCheckOff: false } })
      expect(world.kernel.ours).toEqual(ofTwoAndThree)
    },
  )

  test('AWS with the check off: it works', async () => {
    world.nodes.put(meshNode(1, { providerID: 'aws:///eu-central-1a/i-1' }))
    await world.start({ permission: { force: false, sourceDestCheckOff: true } })
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })

  test('one peer in a cloud gets no route, the others do', async () => {
    world.nodes.put(meshNode(2, { providerID: 'azure:///subscriptions/1/vm' }))
    await world.start()
    expect(world.kernel.ours).toEqual(ofTwoAndThree.filter((text) => text.includes('3')))
    expect(problems()).toEqual(['10.244.2.0/24 NoSegment', 'fd00:10:244:2::/64 NoSegment'])
  })

  test('a cloud’s controller is still to come: it is waited for', async () => {
    world.nodes.put(meshNode(1, { awaitsCloud: true }))
    await world.start()
    expect(world.status()).toMatchObject({ state: 'waiting', reason: 'NoProviderID' })
    expect(world.kernel.writes).toEqual([])
    world.nodes.put(meshNode(1))
    await world.clock.advance(50)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })

  test('what endangers the routes is told', async () => {
    const hazard = 'systemd-networkd removes routes'
    await world.start({ hazards: () => Promise.resolve([hazard]) })
    expect(world.status()).toMatchObject({ state: 'running', hazards: [hazard] })
    expect(world.logs).toContain(hazard)
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })

  test('that nobody knows of dangers stops nothing', async () => {
    await world.start({ hazards: () => Promise.reject(new Error('unsupported')) })
    expect(world.kernel.ours).toEqual(ofTwoAndThree)
  })
})
