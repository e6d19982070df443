import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SimulatedAzure, createSimulatedAzure } from '../../test/conformance/simulated-azure.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { type NodeView, type TargetProblem, targetKey } from '../provider.ts'
import type { Target } from '../route.ts'

const signal = new AbortController().signal
let world: SimulatedAzure
beforeEach(async () => (world = await createSimulatedAzure()))
afterEach(() => world.close())

async function resolve(node: NodeView, family: 4 | 6 = 4): Promise<Target | TargetProblem | undefined> {
  const found = await world.provider.targets([{ node, family }], signal)
  return found.get(targetKey({ node, family }))
}

/** Of the machine `a`. */
const interfaceOf = ({ view }: WorldNode): string =>
  `${view.providerID.slice('azure://'.length).replace(/Microsoft.Compute.*/i, '')}Microsoft.Network/networkInterfaces/a-nic`

const kinds: readonly (readonly [string, () => WorldNode])[] = [
  ['a machine of its own', () => world.addMachine('alone')],
  ['a member of a flexible scale set', () => world.addMachine('flex_1', { name: 'flex', mode: 'Flexible' })],
  ['a member of a uniform scale set', () => world.addMachine('7', { name: 'uni', mode: 'Uniform' })],
]

describe.each(kinds)('%s', (_kind, make) => {
  test('is found by its provider ID, and by an address', async () => {
    const node = make()
    expect(await resolve({ name: 'x', providerID: node.view.providerID, addresses: [] })).toEqual(node.target)
    expect(await resolve({ name: 'x', addresses: node.view.addresses })).toEqual(node.target)
    const upper = node.view.providerID.replace('/subscriptions/', '/SUBSCRIPTIONS/')
    expect(await resolve({ name: 'y', providerID: upper, addresses: [] }, 6)).toEqual(node.target6)
  })

  test('is made to forward, once, and runs until it is stopped', async () => {
    const node = make()
    const before = world.writes()
    expect(await world.provider.prepare?.([node.target, node.target6 ?? node.target], signal)).toEqual([
      { result: 'done', changed: true },
      { result: 'done', changed: true },
    ])
    expect([await world.forwards(node), world.writes() - before]).toEqual([true, 1])
    expect(await world.provider.prepare?.([node.target], signal)).toEqual([
      { result: 'done', changed: false },
    ])
    expect(await world.provider.running?.([node.target], signal)).toEqual([true])
    world.simulator.machines.power(node.view.providerID.slice('azure://'.length), 'deallocated')
    expect(await world.provider.running?.([node.target], signal)).toEqual([false])
  })

  test('where it may not be made to, that is its own outcome', async () => {
    const node = make()
    const other = world.addMachine('other')
    world.simulator.faults.inject({
      when: ({ body, path }) => body !== '' && !path.includes('other'),
      fault: { kind: 'error', status: 403, code: 'AuthorizationFailed' },
    })
    expect(await world.provider.prepare?.([node.target, other.target], signal)).toMatchObject([
      { result: 'failed', error: { class: 'unauthorized' } },
      { result: 'done', changed: true },
    ])
  })

  test('is gone when Azure does not know it', async () => {
    const node = make()
    await world.terminate(node)
    expect(await resolve(node.view)).toMatchObject({ problem: 'gone' })
  })
})

test('what an interface has besides goes back with its write, for the revision that was read', async () => {
  const node = world.addMachine('a')
  const id = interfaceOf(node)
  const before = world.send('GET', id) as { properties: object; etag: string }
  world.send('PUT', id, {
    ...before,
    tags: { team: 'net' },
    properties: { ...before.properties, novelty: { deep: [1] } },
  })
  await world.provider.prepare?.([node.target], signal)
  expect(world.send('GET', id)).toMatchObject({
    tags: { team: 'net' },
    properties: { novelty: { deep: [1] }, enableIPForwarding: true, enableAcceleratedNetworking: true },
  })
  expect(world.calls().findLast(({ method }) => method === 'PUT')?.ifMatch).toMatch(/^W\//)
})

test('a uniform scale set that does not show its configuration: what has to be done is said', async () => {
  const node = world.addMachine('0', { name: 'uni', mode: 'Uniform' })
  world.simulator.faults.inject({
    operation: 'VirtualMachineScaleSetVMs_Update',
    fault: {
      kind: 'error',
      status: 400,
      code: 'OperationNotAllowed',
      message: 'The configuration cannot be changed.',
    },
  })
  expect(await world.provider.prepare?.([node.target], signal)).toMatchObject([
    {
      result: 'failed',
      error: { class: 'invalid', message: expect.stringContaining('cannot be changed') as unknown },
    },
  ])
})

test('the address that the Node has as its own goes before the first of its interface', async () => {
  const node = world.addMachine('a')
  const [v4, v6] = node.view.addresses
  if (v4 === undefined || v6 === undefined) throw new Error('the world left out an address')
  const id = interfaceOf(node)
  const nic = world.send('GET', id) as { properties: { ipConfigurations: object[] } }
  const ipConfigurations = [
    ...nic.properties.ipConfigurations,
    {
      name: 'second',
      properties: { primary: false, privateIPAddress: '10.0.1.77', subnet: { id: world.nodeSubnet } },
    },
  ]
  world.send('PUT', id, { ...nic, properties: { ...nic.properties, ipConfigurations } })
  const { providerID } = node.view
  expect(await resolve({ name: 'a', providerID, addresses: [] })).toEqual(node.target)
  const own = { family: 4, value: 0x0a00014dn } as const
  expect(await resolve({ name: 'a', providerID, addresses: [v6, own] })).toEqual({
    kind: 'address',
    id: '10.0.1.77',
  })
})

test('a configuration that holds a range is no address, and spoils none', async () => {
  const node = world.addMachine('a')
  const id = interfaceOf(node)
  const nic = world.send('GET', id) as { properties: { ipConfigurations: object[] } }
  const range = { primary: false, privateIPAddress: '10.0.1.16/28', subnet: { id: world.nodeSubnet } }
  const ipConfigurations = [{ name: 'range', properties: range }, ...nic.properties.ipConfigurations]
  world.send('PUT', id, { ...nic, properties: { ...nic.properties, ipConfigurations } })
  expect(await resolve({ ...node.view, addresses: [] })).toEqual(node.target)
})

test('a machine without an address of the family is told as such', async () => {
  const { id } = world.simulator.machines.add({
    subscription: '00000000-0000-0000-0000-0000000000aa',
    group: 'prod',
    name: 'four',
    subnet: world.nodeSubnet,
  })
  expect(await resolve({ name: 'four', providerID: `azure://${id}`, addresses: [] }, 6)).toEqual({
    problem: 'invalid',
    message: expect.stringContaining('has no IPv6 address') as unknown,
  })
})

test('many machines are listed, few are asked for one by one', async () => {
  const nodes = Array.from({ length: 30 }, (_, i) => world.addMachine(`m-${i}`))
  const members = Array.from({ length: 30 }, (_, i) =>
    world.addMachine(String(i), { name: 'uni', mode: 'Uniform' }),
  )
  const all = [...nodes, ...members]
  const queries = all.map(({ view }) => ({ node: { ...view, name: view.providerID }, family: 4 as const }))
  const found = await world.provider.targets(queries, signal)
  expect(queries.map((query) => found.get(targetKey(query)))).toEqual(all.map(({ target }) => target))
  expect(world.calls()).toHaveLength(2)
})

test('an address that two machines have is nobody’s', async () => {
  const node = world.addMachine('a')
  const machine = world.simulator.machines.add({
    subscription: '00000000-0000-0000-0000-0000000000aa',
    group: 'prod',
    name: 'b',
    subnet: world.nodeSubnet,
  })
  const id = machine.interfaceId
  const nic = world.send('GET', id) as { properties: object }
  const ipConfigurations = [
    {
      name: 'one',
      properties: { primary: true, privateIPAddress: node.target.id, subnet: { id: world.nodeSubnet } },
    },
  ]
  world.send('PUT', id, { ...nic, properties: { ...nic.properties, ipConfigurations } })
  expect(await resolve({ name: 'x', addresses: node.view.addresses.slice(0, 1) })).toMatchObject({
    problem: 'waiting',
    message: expect.stringContaining('several machines') as unknown,
  })
})
