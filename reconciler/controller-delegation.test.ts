import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { MemoryDelegation } from '../providers/memory/memory-cloud.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'
import { crashAt } from './testing/crash-at.ts'

const delegation = (): MemoryDelegation => ({
  table: 'network',
  family: 6,
  prefixLength: 80,
  ranges: [parseCidr('2001:db8::/64')],
  reserved: [parseCidr('2001:db8:0:0:8000::/72')],
})

/** The n-th block of what is reserved. */
const block = (n: number): string => `2001:db8:0:0:${(0x8000 + n).toString(16)}::/80`

const open = (pools: readonly string[] = ['10.244.0.0/16 24']): Promise<ControllerWorld> =>
  ControllerWorld.open({ pools, cloud: { delegation: delegation() } })

const podCIDRsOf = ({ cluster }: ControllerWorld, name: string): readonly string[] =>
  cluster.node(name).spec.podCIDRs ?? []

const delegated = (world: ControllerWorld): readonly string[] => world.routes('network')

const givePrefix = ({ cloud }: ControllerWorld, text: string, instance: string): void =>
  void cloud.putRoute('network', {
    destination: parseCidr(text),
    target: { kind: 'instance', id: instance },
  })

describe('a new Node', () => {
  test('gets both families in one patch, the block of the network first delegated to it', async () => {
    await using world = await open()
    world.join('node-1')
    const calls: string[] = []
    await world.settled({ tap: { before: (call) => void calls.push(call) } })
    expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24', block(0)])
    expect(delegated(world)).toEqual([`${block(0)} node-1`])
    expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
    const patches = calls.filter((call) => call === 'PATCH /api/v1/nodes/node-1')
    expect(patches).toHaveLength(1)
    expect(calls.indexOf('provider.create network')).toBeLessThan(calls.indexOf(patches.join()))
    expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1', `${block(0)} node-1 network`])
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('is told to be routed only once all of its podCIDRs are', async () => {
    await using world = await open()
    world.join('node-1')
    const run = world.start({
      tap: {
        after: (call) => {
          if (call === 'PATCH /api/v1/nodes/node-1') expect(world.unavailable('node-1')).toBe('True')
        },
      },
    })
    await run.quiet()
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('needs no pool where the network has one for it', async () => {
    await using world = await ControllerWorld.open({ cloud: { delegation: delegation() }, tables: [] })
    world.join('node-1')
    world.start({ allocate: true })
    await world.quiet()
    expect(podCIDRsOf(world, 'node-1')).toEqual([block(0)])
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('and many at a time: the network is asked in few calls, and no block is given twice', async () => {
    await using world = await open()
    for (let i = 0; i < 30; i++) world.join(`node-${i}`)
    await world.settled()
    expect(delegated(world)).toHaveLength(30)
    expect(world.cloud.calls.filter(({ method }) => method === 'pools').length).toBeLessThan(12)
  })

  test('that brought podCIDRs from outside of the network keeps them, and is routed', async () => {
    await using world = await open()
    world.join('old', { podCIDRs: ['10.244.7.0/24', 'fd00::/64'] })
    await world.settled()
    expect(podCIDRsOf(world, 'old')).toEqual(['10.244.7.0/24', 'fd00::/64'])
    expect(world.routes()).toEqual(['10.244.7.0/24 old', 'fd00::/64 old'])
    expect(delegated(world)).toEqual([])
    expect(world.unavailable('old')).toBe('False')
  })

  test('of which the cloud knows nothing yet waits, and is no error', async () => {
    await using world = await open()
    world.cluster.addNode('node-1', { addresses: ['10.0.0.1'] })
    await world.settled()
    expect(podCIDRsOf(world, 'node-1')).toEqual([])
    expect(world.events).toEqual([])
    const { providerID } = world.cloud.addInstance('node-1')
    world.cluster.patchNode('node-1', { spec: { providerID } })
    await world.quiet()
    expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24', block(0)])
  })
})

describe('a prefix that the target has already', () => {
  test('is the podCIDR: the first that is nobody else’s; it stays whoever’s it is', async () => {
    await using world = await open()
    givePrefix(world, block(9), 'node-1')
    givePrefix(world, block(5), 'node-1')
    givePrefix(world, '2001:db8:0:0:1::/80', 'node-2')
    world.join('node-1')
    world.join('node-2')
    world.join('node-3')
    await world.settled()
    expect(podCIDRsOf(world, 'node-1')[1]).toBe(block(5))
    expect(podCIDRsOf(world, 'node-2')[1]).toBe('2001:db8:0:0:1::/80')
    expect(podCIDRsOf(world, 'node-3')[1]).toBe(block(0))
    expect(world.routeWrites.filter((write) => write.includes('network'))).toEqual([
      `create network ${block(0)}`,
    ])
    expect(world.unavailable('node-1')).toBe('False')
    world.cluster.deleteNode('node-1')
    await world.pass(2 * driftMs)
    expect(delegated(world)).toContain(`${block(5)} node-1`)
  })

  test('is podway’s with --adopt matching, and goes with its Node', async () => {
    await using world = await open()
    givePrefix(world, block(5), 'node-1')
    world.join('node-1')
    world.start({ adopt: 'matching' })
    await world.quiet()
    expect(world.records).toContain(`${block(5)} node-1 network`)
    world.cluster.deleteNode('node-1')
    await world.pass(driftMs)
    expect(delegated(world)).toEqual([])
  })

  test('is not taken if by record it is another Node’s', async () => {
    await using world = await open()
    const { uid } = world.join('old', { podCIDRs: ['10.244.9.0/24'] }).metadata
    world.cluster.addRecord(block(5), { name: 'old', uid }, 'old', ['network'], 'intended')
    givePrefix(world, block(5), 'node-1')
    world.join('node-1')
    await world.settled()
    expect(podCIDRsOf(world, 'node-1')[1]).not.toBe(block(5))
  })

  test('and another’s is never given to a node, nor one that is around it', async () => {
    await using world = await open()
    givePrefix(world, block(0), 'stranger')
    world.join('node-1')
    await world.settled()
    expect(podCIDRsOf(world, 'node-1')[1]).toBe(block(1))
  })
})

describe('what the network refuses', () => {
  test('because an address of it is in use: another block is taken, and the claim of the first one goes', async () => {
    await using world = await open()
    const inUse = parseCidr(block(0))
    world.cloud.fail({ at: 'create', class: 'changed', table: 'network', destination: inUse, times: 99 })
    world.join('node-1')
    await world.settled()
    await world.passUntil(() => podCIDRsOf(world, 'node-1').length > 0)
    expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24', block(1)])
    await world.pass(2 * driftMs)
    expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1', `${block(1)} node-1 network`])
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('for good: the Node says why, has no podCIDRs, and spoils no other', async () => {
    await using world = await open()
    const first = parseCidr(block(0))
    world.cloud.fail({ at: 'create', class: 'invalid', table: 'network', destination: first, times: 99 })
    world.join('node-1')
    await world.settled()
    world.join('node-2')
    await world.quiet()
    expect(podCIDRsOf(world, 'node-1')).toEqual([])
    expect(world.cluster.condition('node-1')).toMatchObject({
      status: 'True',
      reason: 'RouteRefused',
      message: expect.stringContaining(`${block(0)} in table network`) as unknown,
    })
    expect(world.told('RouteRefused')).toHaveLength(1)
    expect(world.unavailable('node-2')).toBe('False')
  })

  test('with nothing reserved: the Node says so, and gets its podCIDRs once there is something', async () => {
    await using world = await open()
    const network = world.cloud.delegation
    if (network === undefined) throw new Error('no delegation')
    const { reserved } = network
    network.reserved = []
    world.join('node-1')
    await world.settled()
    expect(world.cluster.condition('node-1')).toMatchObject({
      status: 'True',
      reason: 'CIDRNotAvailable',
      message: 'no podCIDR: nothing is reserved for nodes: reserve a part of the network',
    })
    expect(world.told('CIDRNotAvailable')).toHaveLength(1)
    await world.pass(driftMs)
    expect(world.told('CIDRNotAvailable')).toHaveLength(1)
    network.reserved = reserved
    await world.pass(driftMs)
    expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24', block(0)])
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('with all of it taken: the Node says so', async () => {
    await using world = await open()
    const network = world.cloud.delegation
    if (network !== undefined) network.reserved = [parseCidr(block(0))]
    world.join('node-1')
    await world.settled()
    world.join('node-2')
    await world.quiet()
    expect(world.cluster.condition('node-2')).toMatchObject({ status: 'True', reason: 'CIDRNotAvailable' })
    world.leave('node-1')
    await world.passUntil(() => podCIDRsOf(world, 'node-2').length > 0, 2 * driftMs)
    expect(podCIDRsOf(world, 'node-2')[1]).toBe(block(0))
  })

  test('with an answer that was lost: it is looked at, and not written again', async () => {
    await using world = await open()
    const fault = { at: 'create', class: 'unknown-outcome', table: 'network', carriedOut: true } as const
    world.cloud.fail(fault)
    world.join('node-1')
    await world.settled()
    await world.passUntil(() => podCIDRsOf(world, 'node-1').length > 0)
    expect(world.routeWrites.filter((write) => write.includes('network'))).toHaveLength(1)
    expect(world.records).toContain(`${block(0)} node-1 network`)
  })
})

describe('afterwards', () => {
  test('a prefix that somebody took away is delegated again, and people are told', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled()
    world.cloud.removeRoute('network', parseCidr(block(0)))
    await world.pass(driftMs)
    expect(delegated(world)).toEqual([`${block(0)} node-1`])
    expect(world.told('RouteChangedByOthers')).toHaveLength(1)
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('nothing is written, and read only to look for drift', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled()
    await world.published()
    world.forgetCalls()
    await world.pass(driftMs / 2)
    expect(world.cloud.calls).toEqual([])
    await world.pass(10 * driftMs)
    expect(new Set(world.cloud.calls.map(({ method }) => method))).toEqual(
      new Set(['tables', 'list', 'targets', 'prepare', 'servedRanges']),
    )
    expect(world.cluster.writes).toEqual([])
  })

  test('its Node goes and its instance runs: it is taken back, and not given again before', async () => {
    await using world = await open()
    const network = world.cloud.delegation
    if (network !== undefined) network.reserved = [parseCidr(block(0))]
    world.join('node-1')
    await world.settled()
    world.cluster.deleteNode('node-1')
    world.join('node-2')
    await world.quiet()
    expect(podCIDRsOf(world, 'node-2')).toEqual([])
    await world.pass(driftMs)
    expect(podCIDRsOf(world, 'node-2')[1]).toBe(block(0))
    expect(world.routeWrites.filter((write) => write.endsWith(block(0)))).toEqual([
      `create network ${block(0)}`,
      `delete network ${block(0)}`,
      `create network ${block(0)}`,
    ])
  })

  test('its instance is gone, and so is the prefix: nothing is to be done', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled()
    world.leave('node-1')
    await world.pass(driftMs)
    expect(world.records).toEqual([])
    expect(world.routeWrites.filter((write) => write.startsWith('delete network'))).toEqual([])
  })

  test('another instance under the same name gets a block of its own', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled()
    world.leave('node-1')
    const { providerID } = world.cloud.addInstance('node-1-again')
    world.cluster.addNode('node-1', { providerID })
    await world.pass(driftMs)
    expect(delegated(world)).toEqual([`${block(1)} node-1-again`])
    expect(podCIDRsOf(world, 'node-1')[1]).toBe(block(1))
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('the same machine as another Node gets its block back', async () => {
    await using world = await open()
    world.join('node-1')
    const { providerID } = world.cluster.node('node-1').spec
    await world.settled()
    await world.stop()
    world.cluster.deleteNode('node-1')
    world.cluster.addNode('node-1', { providerID: providerID ?? '' })
    await world.settled()
    await world.pass(driftMs)
    expect(podCIDRsOf(world, 'node-1')[1]).toBe(block(0))
    expect(delegated(world)).toEqual([`${block(0)} node-1`])
  })

  test('the brake holds when too many Nodes go whose instances run', async () => {
    await using world = await open()
    for (let i = 0; i < 24; i++) world.join(`node-${i}`)
    await world.settled()
    for (let i = 0; i < 24; i++) world.cluster.deleteNode(`node-${i}`)
    await world.pass(10 * driftMs)
    expect(delegated(world)).toHaveLength(24)
    expect(world.told('DeletesHeld')).toHaveLength(1)
  })

  test('under upsert-only nothing is taken back, and under observe nothing is written', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled({ policy: 'upsert-only' })
    world.cluster.deleteNode('node-1')
    await world.pass(2 * driftMs)
    expect(delegated(world)).toEqual([`${block(0)} node-1`])
    await world.stop()
    world.forgetCalls()
    world.join('node-2')
    await world.settled({ policy: 'observe' })
    expect(world.routeWrites).toEqual([])
    expect(podCIDRsOf(world, 'node-2')).toEqual([])
  })
})

describe.each(['before', 'after'] as const)('a crash %s any call', (when) => {
  test('a new Node ends with one prefix, and a Node that is gone with none', async () => {
    let n = 0
    for (let crashed = true; crashed;) {
      n++
      await using world = await open()
      world.join('goes')
      await world.settled()
      await world.stop()
      world.cluster.deleteNode('goes')
      world.join('new')
      world.forgetCalls()
      crashed = await crashAt(world, n, when)
      world.start()
      await world.passUntil(
        () => world.unavailable('new') === 'False' && world.records.length === 2,
        3 * driftMs,
      )
      const podCIDRs = podCIDRsOf(world, 'new')
      expect(podCIDRs, `crash ${n}`).toHaveLength(2)
      expect(delegated(world), `crash ${n}`).toEqual([`${podCIDRs[1]} new`])
      expect(world.routes()).toEqual([`${podCIDRs[0]} new`])
      expect(world.records).toEqual([`${podCIDRs[0]} new table-1`, `${podCIDRs[1]} new network`])
      expect(world.routeWrites.filter((write) => write.startsWith('create network'))).toHaveLength(1)
    }
    expect(n).toBeGreaterThan(15)
  }, 60_000)

  test('a Node that is deleted meanwhile leaves nothing behind', async () => {
    let n = 0
    for (let crashed = true; crashed;) {
      n++
      await using world = await open()
      world.join('short')
      crashed = await crashAt(world, n, when)
      world.cluster.deleteNode('short')
      world.start()
      await world.passUntil(() => world.records.length === 0, 3 * driftMs)
      await world.pass(2 * driftMs)
      expect([world.records, delegated(world), world.routes()], `crash ${n}`).toEqual([[], [], []])
    }
    expect(n).toBeGreaterThan(8)
  }, 60_000)
})
