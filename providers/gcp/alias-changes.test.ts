import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { type GcpAliasWorld, createGcpAliasWorld } from '../../test/conformance/gcp-alias-world.ts'
import { nodeOf } from '../../test/conformance/gcp-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type Change, type Outcome, type RouteProvider, isTargetProblem } from '../provider.ts'
import type { Table, Target } from '../route.ts'
import { networkOfAliasTable } from './alias-table.ts'

const { signal } = new AbortController()
const block = parseCidr('10.244.3.0/24')

let world: GcpAliasWorld
let provider: RouteProvider
let table: Table

beforeEach(async () => {
  world = await createGcpAliasWorld({ rates: 'off' })
  provider = world.providerWith({})
  table = await world.addTable('a')
})
afterEach(() => world.close())

const apply = (...changes: Change[]): Promise<readonly Outcome[]> =>
  provider.apply(table, { changes }, signal)
const create = ({ target }: { readonly target: Target }, destination = block): Promise<readonly Outcome[]> =>
  apply({ op: 'create', destination, target })
const failed = (error: object): unknown => [
  { result: 'failed', error: expect.objectContaining(error) as unknown },
]
const done = [{ result: 'done' }]
const updates = () => world.callsOf('instances.updateNetworkInterface')
/** Somebody acts between podway's look and its write. */
const meanwhile = (times: number, act: () => void): void => {
  let left = times
  world.simulator.faults.inject({
    method: 'instances.updateNetworkInterface',
    when: () => {
      if (left-- > 0) act()
      return false
    },
    fault: { kind: 'reset-before' },
  })
}

describe('the other alias ranges of the interface', () => {
  test('go back as they came, with their names, whoever made them', async () => {
    const node = await world.addNode('node-1')
    world.simulator.estate.setAliases(node.target.id, 'nic0', [
      { range: '10.0.1.200/32' },
      { range: '10.244.9.0/28', rangeName: 'pods' },
    ])
    expect(await create(node)).toEqual(done)
    expect(JSON.parse(updates()[0]?.body ?? '')).toEqual({
      fingerprint: expect.any(String) as unknown,
      aliasIpRanges: [
        { ipCidrRange: '10.0.1.200/32' },
        { ipCidrRange: '10.244.9.0/28', subnetworkRangeName: 'pods' },
        { ipCidrRange: '10.244.3.0/24', subnetworkRangeName: 'pods' },
      ],
    })
    expect(await apply({ op: 'delete', destination: block, from: node.target })).toEqual(done)
    expect(world.aliasesOf(node)).toEqual(['10.0.1.200/32', '10.244.9.0/28'])
  })

  // The SDK leaves an empty list out of the request, and Google takes that for no change.
  // https://github.com/googleapis/python-compute/issues/446
  test('there are none: the last alias range is taken away too', async () => {
    const node = await world.addNode('node-1')
    await create(node)
    expect(await apply({ op: 'delete', destination: block, from: node.target })).toEqual(done)
    expect(updates().at(-1)?.body).toContain('"aliasIpRanges":[]')
    expect(world.aliasesOf(node)).toEqual([])
  })

  test('an edit elsewhere between the look and the write is kept, and the range is written upon it', async () => {
    const node = await world.addNode('node-1')
    meanwhile(1, () => world.setAliases(node, '10.244.9.0/24'))
    expect(await create(node)).toEqual(done)
    expect(world.aliasesOf(node)).toEqual(['10.244.9.0/24', '10.244.3.0/24'])
    expect(updates().map(({ status }) => status)).toEqual([412, 200])
  })

  test('somebody else gives the interface the very range meanwhile: it is theirs', async () => {
    const node = await world.addNode('node-1')
    meanwhile(1, () => world.setAliases(node, '10.244.3.0/24'))
    expect(await create(node)).toEqual([{ result: 'done', existed: true }])
  })

  // As `changed` it would pass for a block that is somebody else's, and be left alone.
  test('an interface that never rests is tried again later', async () => {
    const node = await world.addNode('node-1')
    let n = 0
    meanwhile(100, () => world.setAliases(node, `10.244.${100 + n++}.0/24`))
    expect(await create(node)).toEqual(failed({ class: 'transient', code: 'conditionNotMet' }))
    expect(updates()).toHaveLength(3)
  })
})

describe('what Google refuses', () => {
  test('a range of which another instance has a part: in use', async () => {
    const [node, stranger] = [await world.addNode('node-1'), await world.addNode('stranger')]
    world.setAliases(stranger, '10.244.3.128/25')
    expect(await create(node)).toEqual(failed({ class: 'changed', code: 'IP_IN_USE_BY_ANOTHER_RESOURCE' }))
  })

  test('an interface at work is tried again later', async () => {
    const slow = await createGcpAliasWorld({ rates: 'off', operationMs: 60_000 })
    try {
      const own = await slow.addTable('a')
      const node = await slow.addNode('node-1')
      const changes = (destination: string): { readonly changes: readonly Change[] } => ({
        changes: [{ op: 'create', destination: parseCidr(destination), target: node.target }],
      })
      const stop = new AbortController()
      const first = slow.provider.apply(own, changes('10.244.3.0/24'), stop.signal)
      const ended = expect(first).rejects.toThrow('stopped')
      await expect
        .poll(() => slow.callsOf('instances.updateNetworkInterface').length, { timeout: 10_000 })
        .toBe(1)
      expect(await slow.provider.apply(own, changes('10.244.4.0/24'), signal)).toEqual(
        failed({ class: 'transient', code: 'resourceNotReady' }),
      )
      stop.abort(new Error('stopped'))
      await ended
    } finally {
      await slow.close()
    }
  })

  test('the network’s quota is full: it says of what', async () => {
    const node = await world.addNode('node-1')
    world.failNext('create', 'quota')
    expect(await create(node)).toEqual(
      failed({
        class: 'quota',
        message: expect.stringContaining('takes no more alias IP ranges') as unknown,
      }),
    )
  })
})

describe('what is not asked of Google', () => {
  test.each([
    ['10.99.3.0/24', 'RangeNotInSubnet', 'lies in no range of the subnet'],
    ['fd20:0:0:2:7::/80', 'AliasRangeIPv6', 'IPv6 is routed'],
  ])('%s: %s', async (destination, code, message) => {
    const node = await world.addNode('node-1')
    expect(await create(node, parseCidr(destination))).toEqual(
      failed({ class: 'invalid', code, message: expect.stringContaining(message) as unknown }),
    )
    expect(updates()).toEqual([])
  })

  test('a 151st range of an interface', async () => {
    const node = await world.addNode('node-1')
    world.setAliases(node, ...Array.from({ length: 150 }, (_, n) => `10.244.200.${n}/32`))
    expect(await create(node)).toEqual(failed({ class: 'invalid', code: 'AliasRangesPerInterface' }))
  })

  test('one for an instance that is gone', async () => {
    const node = await world.addNode('node-1')
    await world.terminate(node)
    expect(await create(node)).toEqual(failed({ class: 'not-found' }))
    expect(await apply({ op: 'delete', destination: block, from: node.target })).toEqual(done)
  })
})

describe('a move', () => {
  const move = (from: WorldNode, to: WorldNode): Change => ({
    op: 'replace',
    destination: block,
    from: from.target,
    target: to.target,
  })

  test('frees the range before it gives it', async () => {
    const [old, heir] = [await world.addNode('old'), await world.addNode('heir')]
    await create(old)
    const before = updates().length
    expect(await apply(move(old, heir))).toEqual(done)
    expect(
      updates()
        .slice(before)
        .map(({ parameters }) => parameters.instance),
    ).toEqual(['old', 'heir'])
    expect([world.aliasesOf(old), world.aliasesOf(heir)]).toEqual([[], [formatCidr(block)]])
  })

  test('that can’t end well does not begin: the range stays with who has it', async () => {
    const [old, heir] = [await world.addNode('old'), await world.addNode('heir')]
    await create(old)
    world.setAliases(heir, ...Array.from({ length: 150 }, (_, n) => `10.244.200.${n}/32`))
    expect(await apply(move(old, heir))).toEqual(failed({ code: 'AliasRangesPerInterface' }))
    await world.terminate(heir)
    expect(await apply(move(old, heir))).toEqual(failed({ class: 'not-found' }))
    expect(world.aliasesOf(old)).toEqual([formatCidr(block)])
  })

  test('to an interface that is changed meanwhile goes through all the same', async () => {
    const [old, heir] = [await world.addNode('old'), await world.addNode('heir')]
    await create(old)
    meanwhile(1, () => world.setAliases(heir, '10.244.9.0/24'))
    expect(await apply(move(old, heir))).toEqual(done)
    expect(world.aliasesOf(heir)).toEqual(['10.244.9.0/24', formatCidr(block)])
  })
})

describe('a shared VPC: nodes are known by their addresses', () => {
  test('the range goes to the instance of another project that has the address, which is not looked for twice', async () => {
    const { estate } = world.simulator
    estate.addProject('service')
    await world.addNode('unrelated')
    const subnetwork = `projects/${world.project}/regions/europe-west1/subnetworks/s1`
    const instance = estate.addInstance({
      project: 'service',
      zone: 'europe-west1-b',
      name: 'node-1',
      subnetworks: [subnetwork],
    })
    const { view } = nodeOf('node-1', instance)
    provider = world.providerWith({ instanceProject: 'service' })
    const target = (await provider.targets([{ node: view, family: 4 }], signal)).get('node-1/4')
    if (target === undefined || isTargetProblem(target)) throw new Error('no target')
    expect(target.kind).toBe('address')
    expect(await create({ target })).toEqual(done)
    const lists = world.callsOf('instances.aggregatedList').length
    expect(await create({ target }, parseCidr('10.244.4.0/24'))).toEqual(done)
    expect(world.callsOf('instances.aggregatedList')).toHaveLength(lists)
    const { routes } = await provider.list(table, signal)
    expect(routes.map((route) => [formatCidr(route.destination), route.target])).toEqual(
      expect.arrayContaining([
        ['10.244.3.0/24', target],
        ['10.244.4.0/24', target],
      ]),
    )
    // The address is another instance's now.
    estate.removeInstance(instance.path)
    const heir = estate.addInstance({
      project: 'service',
      zone: 'europe-west1-b',
      name: 'heir',
      subnetworks: [subnetwork],
    })
    expect(nodeOf('heir', heir).view.addresses[0]).toEqual(view.addresses[0])
    expect(await create({ target })).toEqual(done)
    expect(estate.instance(heir.path).interfaces[0]?.aliases).toHaveLength(1)
    expect(networkOfAliasTable(table.id)).toContain(world.project)
  })
})
