import { afterEach, describe, expect, test } from 'vitest'
import { failed } from '../../test/conformance/harness.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'

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
})
