import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Cidr, formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import type { Change, Outcome } from '../provider.ts'
import type { ObservedRoute } from '../route.ts'

const signal = new AbortController().signal
const done = { result: 'done' } as const

let world: SimulatedAws
let one: WorldNode
let two: WorldNode

beforeEach(async () => {
  world = await createSimulatedAws({ buckets: 'off', instanceType: 'm5.large' })
  one = await world.addNode('node-1')
  two = await world.addNode('node-2')
})
afterEach(() => world.close())

/** The n-th /80 of the nodes' subnet. */
const prefix = (n: number): Cidr => nthSubnet(parseCidr(world.subnetRange6), 80, BigInt(n))
const vpc = (): { id: string } => ({ id: world.vpcId })

const apply = async (...changes: Change[]): Promise<readonly Outcome[]> =>
  world.provider.apply(vpc(), { changes }, signal)
const list = async (): Promise<readonly ObservedRoute[]> => (await world.provider.list(vpc(), signal)).routes
const assignByHand = (node: WorldNode, ...prefixes: Cidr[]): Promise<unknown> =>
  world.ec2.assignIpv6Addresses({
    NetworkInterfaceId: node.target.id,
    Ipv6Prefixes: prefixes.map(formatCidr),
  })
const failed = (errorClass: string, message: RegExp): unknown => ({
  result: 'failed',
  error: expect.objectContaining({
    class: errorClass,
    message: expect.stringMatching(message) as unknown,
  }) as unknown,
})
const writes = (): readonly string[] =>
  world.simulator.calls
    .filter(({ action, accessKeyId }) => accessKeyId === 'PODWAY' && action.endsWith('Ipv6Addresses'))
    .map(({ action, parameters }) => `${action} ${parameters.NetworkInterfaceId ?? ''}`)

test('the prefixes of all interfaces of the VPC are its routes; of an interface without instance, nowhere', async () => {
  await assignByHand(two, prefix(7))
  await assignByHand(one, prefix(9), prefix(8))
  const { NetworkInterface: eni } = await world.ec2.createNetworkInterface({ SubnetId: world.subnetId })
  const id = eni?.NetworkInterfaceId ?? ''
  await world.ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Prefixes: [formatCidr(prefix(6))] })
  expect(await list()).toEqual([
    { destination: prefix(6), target: { kind: 'eni', id }, state: 'blackhole', origin: 'static' },
    { destination: prefix(7), target: two.target, state: 'active', origin: 'static' },
    { destination: prefix(8), target: one.target, state: 'active', origin: 'static' },
    { destination: prefix(9), target: one.target, state: 'active', origin: 'static' },
  ])
  expect(world.provider.quota?.(vpc(), { routes: [] })).toBeUndefined()
})

describe('create', () => {
  const create = (destination: Cidr, target = one.target): Promise<readonly Outcome[]> =>
    apply({ op: 'create', destination, target })

  test('assigns the prefix by name, in one call', async () => {
    expect(await create(prefix(1))).toEqual([done])
    expect(await list()).toMatchObject([{ destination: prefix(1), target: one.target }])
    expect(writes()).toEqual([`AssignIpv6Addresses ${one.target.id}`])
    expect(world.callsOf('AssignIpv6Addresses').at(-1)?.parameters).toEqual({
      NetworkInterfaceId: one.target.id,
      'Ipv6Prefix.1': formatCidr(prefix(1)),
    })
  })

  test('of what is there says so', async () => {
    await create(prefix(1))
    expect(await create(prefix(1))).toEqual([{ ...done, existed: true }])
  })

  test('of what another interface has: changed, and it stays', async () => {
    await assignByHand(two, prefix(1))
    expect(await create(prefix(1))).toEqual([
      failed('changed', /leads to eni\/eni-.* now: nothing was written/),
    ])
    expect(await list()).toMatchObject([{ target: two.target }])
  })

  test('where an address of it is in use: changed, with the reason', async () => {
    const inside = formatCidr(prefix(1)).replace('/80', '5')
    await world.ec2.assignIpv6Addresses({ NetworkInterfaceId: two.target.id, Ipv6Addresses: [inside] })
    expect(await create(prefix(1))).toEqual([
      failed('changed', /another interface of the subnet has it, or an address/),
    ])
  })

  test.each([
    ['outside of the subnet', () => parseCidr('2001:db8:9::/80')],
    ['not a /80', () => nthSubnet(parseCidr(world.subnetRange6), 96, 99n)],
  ])('%s: invalid, with what would do', async (_name, destination) => {
    expect(await create(destination())).toEqual([
      failed('invalid', /must be a \/80 of the interface’s own subnet/),
    ])
  })

  test('more than the instance type takes: invalid, and it spoils no other', async () => {
    // One address of its own, and nine more.
    await assignByHand(one, ...Array.from({ length: 9 }, (_, n) => prefix(n + 20)))
    const outcomes = await apply(
      { op: 'create', destination: prefix(1), target: one.target },
      { op: 'create', destination: prefix(2), target: two.target },
    )
    expect(outcomes).toEqual([
      failed('invalid', /as many addresses and prefixes as its instance type takes/),
      done,
    ])
  })

  test('on an instance of before Nitro: invalid, with what would do', async () => {
    const run = await world.ec2.runInstances({
      ImageId: 'ami-12345678',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: world.subnetId,
      InstanceType: 'm4.large',
    })
    const id = run.Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? ''
    expect(await create(prefix(1), { kind: 'eni', id })).toEqual([
      failed('invalid', /one of the Nitro system/),
    ])
  })

  test('on an interface that is gone: not found', async () => {
    await world.terminate(one)
    expect(await create(prefix(1))).toEqual([failed('not-found', /eni-/)])
  })

  test('with an answer that is lost: unknown; what then is there is seen, and not assigned again', async () => {
    world.simulator.faults.inject({ action: 'AssignIpv6Addresses', fault: { kind: 'reset-after' } })
    expect(await create(prefix(1))).toEqual([failed('unknown-outcome', /may or may not have happened/)])
    expect(await list()).toMatchObject([{ destination: prefix(1), target: one.target }])
  })
})

describe('replace', () => {
  const move = (): Promise<readonly Outcome[]> =>
    apply({ op: 'replace', destination: prefix(1), from: one.target, target: two.target })

  test('takes the prefix from one and gives it to the other; again, nothing is written', async () => {
    await assignByHand(one, prefix(1), prefix(2))
    expect(await move()).toEqual([done])
    expect(writes()).toEqual([
      `UnassignIpv6Addresses ${one.target.id}`,
      `AssignIpv6Addresses ${two.target.id}`,
    ])
    expect(await list()).toMatchObject([
      { target: two.target },
      { destination: prefix(2), target: one.target },
    ])
    expect(await move()).toEqual([done])
    expect(writes()).toHaveLength(2)
  })

  test('of what is not there, or is another’s: changed, and nothing is written', async () => {
    expect(await move()).toEqual([failed('changed', /has no route now/)])
    const thief = await world.addNode('thief')
    await assignByHand(thief, prefix(1))
    expect(await move()).toEqual([failed('changed', /leads to/)])
    expect(writes()).toEqual([])
  })
})

describe('delete', () => {
  const remove = (): Promise<readonly Outcome[]> =>
    apply({ op: 'delete', destination: prefix(1), from: one.target })

  test('takes the prefix, and no other', async () => {
    await assignByHand(one, prefix(1), prefix(2))
    expect(await remove()).toEqual([done])
    expect(await list()).toMatchObject([{ destination: prefix(2) }])
  })

  test('of what is not there is done, and nothing is written', async () => {
    expect(await remove()).toEqual([done])
    await assignByHand(one, prefix(1))
    await world.terminate(one)
    expect(await remove()).toEqual([done])
    expect(writes()).toEqual([])
  })

  test('of what is another’s: changed, and it stays', async () => {
    await assignByHand(two, prefix(1))
    expect(await remove()).toEqual([failed('changed', /leads to/)])
    expect(await list()).toMatchObject([{ target: two.target }])
  })

  test('of what goes between the look and the write is done; of what is merely refused it is not', async () => {
    await assignByHand(one, prefix(1))
    const refused = { kind: 'error', code: 'InvalidParameterValue' } as const
    world.simulator.faults.inject({ action: 'UnassignIpv6Addresses', fault: refused })
    expect(await remove()).toEqual([failed('invalid', /UnassignIpv6Addresses failed/)])
    const { simulator } = world
    const handle = simulator.handle.bind(simulator)
    let raced = false
    simulator.handle = (request, now) => {
      const isOurs = request.body.includes('Action=UnassignIpv6Addresses')
      if (isOurs && !raced) {
        raced = true
        handle(request, now)
      }
      return handle(request, now)
    }
    expect(await remove()).toEqual([done])
    expect(raced).toBe(true)
  })
})
