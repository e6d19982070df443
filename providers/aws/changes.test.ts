import { afterEach, describe, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { Change } from '../provider.ts'
import type { Ec2Api } from './ec2-api.ts'

const v4 = parseCidr('10.244.1.0/24')
const v6 = parseCidr('fd00:10:244:1::/64')
const done = { result: 'done' }
const failed = (of: { readonly class: string; readonly code?: string }): unknown => ({
  result: 'failed',
  error: expect.objectContaining(of) as unknown,
})
const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

describe('changes', () => {
  // https://github.com/kubernetes/kubernetes/issues/78089
  test('on the wire: each family in its parameter, the interface as target, nothing else', async () => {
    world = await createSimulatedAws()
    const table = await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    for (const destination of [v4, v6]) {
      const changes: Change[] = [
        { op: 'create', destination, target: one.target },
        { op: 'replace', destination, from: one.target, target: two.target },
        { op: 'delete', destination, from: two.target },
      ]
      expect(await world.provider.apply(table, { changes }, signal)).toEqual([done, done, done])
    }
    const RouteTableId = table.id
    const [on4, on6] = [
      { DestinationCidrBlock: '10.244.1.0/24' },
      { DestinationIpv6CidrBlock: 'fd00:10:244:1::/64' },
    ]
    const [to1, to2] = [{ NetworkInterfaceId: one.target.id }, { NetworkInterfaceId: two.target.id }]
    const sent = (action: string): unknown[] => world.callsOf(action).map((call) => call.parameters)
    expect(sent('CreateRoute')).toEqual([
      { RouteTableId, ...on4, ...to1 },
      { RouteTableId, ...on6, ...to1 },
    ])
    expect(sent('ReplaceRoute')).toEqual([
      { RouteTableId, ...on4, ...to2 },
      { RouteTableId, ...on6, ...to2 },
    ])
    expect(sent('DeleteRoute')).toEqual([
      { RouteTableId, ...on4 },
      { RouteTableId, ...on6 },
    ])
  })

  test('a table that is full refuses creates of that family only', async () => {
    world = await createSimulatedAws({ routeLimits: { v4: 2 } })
    const table = await world.addTable('a')
    const { target } = await world.addNode('node-1')
    const changes: Change[] = [v4, parseCidr('10.244.2.0/24'), v6].map((destination) => ({
      op: 'create',
      destination,
      target,
    }))
    expect(await world.provider.apply(table, { changes }, signal)).toEqual([
      done,
      failed({ class: 'quota', code: 'RouteLimitExceeded' }),
      done,
    ])
  })

  test('a target that can never be one is invalid, not changed: replacing again would not help', async () => {
    world = await createSimulatedAws()
    const table = await world.addTable('a')
    const elsewhere = await world.ec2.createVpc({ CidrBlock: '10.9.0.0/16' })
    const subnet = await world.ec2.createSubnet({ VpcId: elsewhere.Vpc?.VpcId, CidrBlock: '10.9.1.0/24' })
    const eni = await world.ec2.createNetworkInterface({ SubnetId: subnet.Subnet?.SubnetId })
    const { target: from } = await world.addNode('node-1')
    const target = { kind: 'eni', id: eni.NetworkInterface?.NetworkInterfaceId ?? '' } as const
    const changes: Change[] = [
      { op: 'create', destination: v4, target: from },
      { op: 'replace', destination: v4, from, target },
    ]
    expect(await world.provider.apply(table, { changes }, signal)).toEqual([
      done,
      failed({ class: 'invalid' }),
    ])
  })

  describe('a change by someone else between our reading and our writing', () => {
    /** Everybody else, just before that write of ours arrives. */
    const racing = (
      before: Partial<Record<'replaceRoute' | 'deleteRoute', () => Promise<unknown>>>,
    ): Ec2Api => {
      const ec2 = world.providerEc2
      ec2.middlewareStack.add(
        (next, context) => async (args) => {
          if (context.commandName === 'ReplaceRouteCommand') await before.replaceRoute?.()
          if (context.commandName === 'DeleteRouteCommand') await before.deleteRoute?.()
          return next(args)
        },
        { step: 'initialize' },
      )
      return ec2
    }
    const remove = (table: string) => () =>
      world.ec2.deleteRoute({ RouteTableId: table, DestinationCidrBlock: '10.244.1.0/24' })

    test('replace of a route that goes away: changed', async () => {
      world = await createSimulatedAws()
      const table = await world.addTable('a')
      const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
      const provider = world.providerWith({ ec2: racing({ replaceRoute: remove(table.id) }) })
      const changes: Change[] = [
        { op: 'create', destination: v4, target: one.target },
        { op: 'replace', destination: v4, from: one.target, target: two.target },
      ]
      const outcomes = await provider.apply(table, { changes }, signal)
      expect(outcomes).toEqual([done, failed({ class: 'changed', code: 'InvalidParameterValue' })])
    })

    test('delete of a route that goes away: done', async () => {
      world = await createSimulatedAws()
      const table = await world.addTable('a')
      const { target } = await world.addNode('node-1')
      const provider = world.providerWith({ ec2: racing({ deleteRoute: remove(table.id) }) })
      const changes: Change[] = [
        { op: 'create', destination: v4, target },
        { op: 'delete', destination: v4, from: target },
      ]
      expect(await provider.apply(table, { changes }, signal)).toEqual([done, done])
      expect(world.callsOf('DeleteRoute').map((call) => call.code)).toEqual([
        undefined,
        'InvalidRoute.NotFound',
      ])
    })
  })

  describe('a destination that EC2 would refuse', () => {
    const within = [parseCidr('10.0.3.0/24'), parseCidr('10.0.0.0/16'), parseCidr('169.254.169.0/24')]

    test('is refused before the call, with the reason', async () => {
      world = await createSimulatedAws()
      const table = await world.addTable('a')
      const [{ target: from }, { target }] = [await world.addNode('node-1'), await world.addNode('node-2')]
      await world.provider.list(table, signal)
      const calls = world.simulator.calls.length
      const codes = ['DestinationInVpc', 'DestinationInVpc', 'DestinationReserved']
      for (const [index, destination] of within.entries()) {
        const changes: Change[] = [
          { op: 'create', destination, target },
          { op: 'replace', destination, from, target },
        ]
        const refused = failed({ class: 'invalid', ...(codes[index] && { code: codes[index] }) })
        expect(await world.provider.apply(table, { changes }, signal)).toEqual([refused, refused])
      }
      expect(world.simulator.calls).toHaveLength(calls)
    })

    test('is refused by EC2 too, where the table was never read', async () => {
      world = await createSimulatedAws()
      const table = await world.addTable('a')
      const { target } = await world.addNode('node-1')
      const provider = world.providerWith({})
      const changes: Change[] = [{ op: 'create', destination: parseCidr('10.0.3.0/24'), target }]
      expect(await provider.apply(table, { changes }, signal)).toEqual([
        failed({ class: 'invalid', code: 'InvalidParameterValue' }),
      ])
    })

    test('can be removed if it is there', async () => {
      world = await createSimulatedAws()
      const table = await world.addTable('a')
      const { target: from } = await world.addNode('node-1')
      // The whole subnet is the one destination within the VPC that EC2 takes.
      const key = { RouteTableId: table.id, DestinationCidrBlock: '10.0.1.0/24' }
      await world.ec2.createRoute({ ...key, NetworkInterfaceId: from.id })
      await world.provider.list(table, signal)
      const changes: Change[] = [{ op: 'delete', destination: parseCidr('10.0.1.0/24'), from }]
      expect(await world.provider.apply(table, { changes }, signal)).toEqual([done])
      expect(world.callsOf('DeleteRoute').map(({ executed }) => executed)).toEqual([true])
    })
  })

  describe('a target that EC2 does not know', () => {
    let now = 0
    const clock = { monotonic: () => now }
    const unknown = (action: string): void => {
      world.simulator.faults.inject({
        action,
        fault: {
          kind: 'error',
          code: 'InvalidNetworkInterfaceID.NotFound',
          message: "The networkInterface ID 'eni-1' does not exist",
        },
      })
    }

    test.each<Change['op']>(['create', 'replace'])(
      'passes while it is new, and is not found later: %s',
      async (op) => {
        world = await createSimulatedAws()
        const table = await world.addTable('a')
        const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
        if (op === 'replace') await world.stealRoute(table, v4, one)
        const provider = world.providerWith({ clock, settleMs: 60_000 })
        await provider.targets([{ node: two.view, family: 4 }], signal)
        const change: Change =
          op === 'create'
            ? { op, destination: v4, target: two.target }
            : { op: 'replace', destination: v4, from: one.target, target: two.target }
        const apply = (): Promise<unknown> => provider.apply(table, { changes: [change] }, signal)
        const action = op === 'create' ? 'CreateRoute' : 'ReplaceRoute'
        const code = 'InvalidNetworkInterfaceID.NotFound'
        unknown(action)
        expect(await apply()).toEqual([failed({ class: 'transient', code })])
        now += 60_000
        unknown(action)
        expect(await apply()).toEqual([failed({ class: 'not-found', code })])
        expect(await apply()).toEqual([done])
      },
    )

    test('of which nothing was ever seen is not found', async () => {
      world = await createSimulatedAws()
      const table = await world.addTable('a')
      const { target } = await world.addNode('node-1')
      const provider = world.providerWith({ clock, settleMs: 60_000 })
      unknown('CreateRoute')
      const changes: Change[] = [{ op: 'create', destination: v4, target }]
      expect(await provider.apply(table, { changes }, signal)).toEqual([failed({ class: 'not-found' })])
    })
  })

  // https://github.com/kubernetes/kubernetes/issues/98359
  test('a write whose answer is lost: unknown, and the next attempt finds out what it did', async () => {
    world = await createSimulatedAws()
    const table = await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const changes: readonly Change[] = [
      { op: 'create', destination: v4, target: one.target },
      { op: 'replace', destination: v4, from: one.target, target: two.target },
      { op: 'delete', destination: v4, from: two.target },
    ]
    for (const change of changes) {
      world.failNext(change.op, 'lost')
      const apply = (): Promise<unknown> => world.provider.apply(table, { changes: [change] }, signal)
      expect(await apply()).toEqual([failed({ class: 'unknown-outcome' })])
      const writes = world.writes()
      expect(await apply()).toMatchObject([done])
      // CreateRoute is refused with RouteAlreadyExists; the others are not even sent.
      expect(world.writes() - writes).toBe(change.op === 'create' ? 1 : 0)
    }
  })
})
