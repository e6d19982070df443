import { afterEach, expect, test } from 'vitest'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'

const signal = new AbortController().signal

let world: SimulatedAws
afterEach(() => world.close())

test('a stopped instance does not run, and does again once it is started', async () => {
  world = await createSimulatedAws()
  const { view, target } = await world.addNode('node-1')
  const InstanceIds = [view.providerID.split('/').at(-1) ?? '']
  await world.ec2.stopInstances({ InstanceIds })
  expect(await world.provider.running?.([target], signal)).toEqual([false])
  await world.ec2.startInstances({ InstanceIds })
  expect(await world.provider.running?.([target], signal)).toEqual([true])
})

// Else a scale-down just after a start would look like a loss of running nodes, which the brake holds for a person to see.
test('an interface that EC2 does not show is gone, however new it is', async () => {
  world = await createSimulatedAws()
  const provider = world.providerWith({ settleMs: 60_000 })
  const node = await world.addNode('node-1')
  await provider.targets([{ node: node.view, family: 4 }], signal)
  await world.terminate(node)
  expect(await provider.running?.([node.target], signal)).toEqual([false])
})
