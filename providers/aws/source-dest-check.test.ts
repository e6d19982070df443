import { afterEach, describe, expect, test } from 'vitest'
import { failed } from '../../test/conformance/harness.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { targetKey } from '../provider.ts'
import type { Target } from '../route.ts'

const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

describe('source/destination check', () => {
  // aws_routes.go of cloud-provider-aws turns it off anew for each route that it makes.
  test('two tables and two families of one node: one change, none when it is off already', async () => {
    world = await createSimulatedAws()
    const { target } = await world.addNode('node-1')
    const four = Array(4).fill(target) as (typeof target)[]
    const changed = { result: 'done', changed: true }
    expect(await world.provider.prepare?.(four, signal)).toEqual(Array(4).fill(changed))
    expect(world.callsOf('ModifyNetworkInterfaceAttribute')).toHaveLength(1)
    expect(await world.provider.prepare?.(four, signal)).toEqual(
      Array(4).fill({ ...changed, changed: false }),
    )
    expect(world.callsOf('ModifyNetworkInterfaceAttribute')).toHaveLength(1)
  })

  describe('of an instance that was just described', () => {
    const modified = (): readonly string[] =>
      world
        .callsOf('ModifyNetworkInterfaceAttribute')
        .map(({ parameters }) => parameters.NetworkInterfaceId ?? '')
    const described = (): number => world.callsOf('DescribeNetworkInterfaces').length

    test('it is turned off without another reading; the next time it is read', async () => {
      world = await createSimulatedAws()
      const { view, target } = await world.addNode('node-1')
      await world.provider.targets([{ node: view, family: 4 }], signal)
      const changed = { result: 'done', changed: true }
      expect(await world.provider.prepare?.([target], signal)).toEqual([changed])
      expect(modified()).toEqual([target.id])
      expect(described()).toBe(0)
      expect(await world.provider.prepare?.([target], signal)).toEqual([{ ...changed, changed: false }])
      expect(described()).toBe(1)
    })

    test('also on the interface by which it sends', async () => {
      world = await createSimulatedAws()
      const { view, target: primary } = await world.addNode('node-1')
      const made = await world.ec2.createNetworkInterface({ SubnetId: world.subnetId })
      const id = made.NetworkInterface?.NetworkInterfaceId ?? ''
      const InstanceId = view.providerID.split('/').at(-1)
      await world.ec2.attachNetworkInterface({ NetworkInterfaceId: id, InstanceId, DeviceIndex: 1 })
      const provider = world.providerWith({ targetInterface: { by: 'device-index', index: 1 } })
      const target = { kind: 'eni', id } as const
      expect(await provider.targets([{ node: view, family: 4 }], signal)).toEqual(
        new Map([[targetKey({ node: view, family: 4 }), target]]),
      )
      expect(await provider.prepare?.([target], signal)).toEqual([{ result: 'done', changed: true }])
      expect(modified().toSorted()).toEqual([primary.id, id].toSorted())
      expect(described()).toBe(0)
    })

    test('what was said a minute ago may be otherwise', async () => {
      world = await createSimulatedAws()
      let now = 0
      const provider = world.providerWith({ clock: { monotonic: () => now } })
      const { view, target } = await world.addNode('node-1')
      await provider.targets([{ node: view, family: 4 }], signal)
      now += 60_000
      await provider.prepare?.([target], signal)
      expect(described()).toBe(1)
    })
  })

  test('one refusal spoils no other; what is no interface is invalid', async () => {
    world = await createSimulatedAws()
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    world.simulator.faults.inject({
      action: 'ModifyNetworkInterfaceAttribute',
      fault: { kind: 'error', code: 'UnauthorizedOperation', status: 403 },
    })
    const targets = [one.target, { kind: 'other', id: 'igw-1' } as const, two.target]
    expect(await world.provider.prepare?.(targets, signal)).toEqual([
      failed('unauthorized'),
      failed('invalid'),
      { result: 'done', changed: true },
    ])
  })

  describe('of an instance that is reached by another interface than it sends by', () => {
    const checks = async (...ids: string[]): Promise<unknown> => {
      const { NetworkInterfaces } = await world.ec2.describeNetworkInterfaces({ NetworkInterfaceIds: ids })
      return ids.map((id) => NetworkInterfaces?.find((eni) => eni.NetworkInterfaceId === id)?.SourceDestCheck)
    }
    /** A node with a second interface. */
    const addNode = async (name: string): Promise<{ primary: string; second: Target }> => {
      const { view, target } = await world.addNode(name)
      const made = await world.ec2.createNetworkInterface({ SubnetId: world.subnetId })
      const id = made.NetworkInterface?.NetworkInterfaceId ?? ''
      const InstanceId = view.providerID.split('/').at(-1)
      await world.ec2.attachNetworkInterface({ NetworkInterfaceId: id, InstanceId, DeviceIndex: 1 })
      return { primary: target.id, second: { kind: 'eni', id } }
    }

    test('it is turned off on both', async () => {
      world = await createSimulatedAws()
      const [one, two] = [await addNode('node-1'), await addNode('node-2')]
      const changed = { result: 'done', changed: true }
      const run = (): Promise<unknown> =>
        world.provider.prepare?.([one.second, two.second], signal) ?? Promise.resolve()
      expect(await run()).toEqual([changed, changed])
      expect(await checks(one.primary, one.second.id, two.primary, two.second.id)).toEqual(
        Array(4).fill(false),
      )
      expect(world.callsOf('ModifyNetworkInterfaceAttribute')).toHaveLength(4)
      expect(await run()).toEqual(Array(2).fill({ ...changed, changed: false }))
      // Two for the reading of each pass.
      expect(world.callsOf('ModifyNetworkInterfaceAttribute')).toHaveLength(4)
    })

    test('it is not done until it is off on both', async () => {
      world = await createSimulatedAws()
      const { primary, second } = await addNode('node-1')
      world.simulator.faults.inject({
        action: 'ModifyNetworkInterfaceAttribute',
        when: (parameters) => parameters.get('NetworkInterfaceId') === primary,
        fault: { kind: 'error', code: 'UnauthorizedOperation', status: 403 },
      })
      expect(await world.provider.prepare?.([second], signal)).toEqual([failed('unauthorized')])
      expect(await checks(primary, second.id)).toEqual([true, false])
      expect(await world.provider.prepare?.([second], signal)).toEqual([{ result: 'done', changed: true }])
    })

    test('an interface that is attached to nothing has no other beside it', async () => {
      world = await createSimulatedAws()
      const made = await world.ec2.createNetworkInterface({ SubnetId: world.subnetId })
      const id = made.NetworkInterface?.NetworkInterfaceId ?? ''
      expect(await world.provider.prepare?.([{ kind: 'eni', id }], signal)).toEqual([
        { result: 'done', changed: true },
      ])
    })
  })

  test('of an interface that EC2 does not know: a passing fault while it is new', async () => {
    world = await createSimulatedAws()
    let now = 0
    const provider = world.providerWith({ clock: { monotonic: () => now }, settleMs: 60_000 })
    const { view, target } = await world.addNode('node-1')
    await provider.targets([{ node: view, family: 4 }], signal)
    world.simulator.faults.inject({
      action: 'ModifyNetworkInterfaceAttribute',
      fault: { kind: 'error', code: 'InvalidNetworkInterfaceID.NotFound' },
    })
    expect(await provider.prepare?.([target], signal)).toEqual([failed('transient')])
    await world.terminate({ view, target })
    expect(await provider.prepare?.([target], signal)).toEqual([failed('transient')])
    now += 60_000
    expect(await provider.prepare?.([target], signal)).toEqual([failed('not-found')])
  })
})
