import { beforeEach, expect, test } from 'vitest'
import { parseAddress } from '../../../net/address.ts'
import { ApiBudget } from '../../budget.ts'
import { ProviderError } from '../../errors.ts'
import type { ExaminedNode } from '../../examined.ts'
import type { Finding } from '../../finding.ts'
import { armLimits } from '../limits.ts'
import {
  VirtualArm,
  type VirtualArmOptions,
  groupId,
  subnetId,
  subscription,
  tableId,
} from '../testing/virtual-arm.ts'
import { explainAzureWay } from './explain-way.ts'

let world: VirtualArm
let a: ExaminedNode
let b: ExaminedNode

function open(options: VirtualArmOptions = {}): void {
  world = new VirtualArm(options)
  a = machine('a')
  b = machine('b')
}
beforeEach(() => open())

type NewMachine = Parameters<VirtualArm['simulator']['machines']['add']>[0]

function machine(name: string, more: Partial<NewMachine> = {}): ExaminedNode {
  const place = {
    subscription,
    group: 'prod',
    subnet: subnetId,
    name,
    families: [4, 6] as const,
    forwards: true,
  }
  const { id } = world.simulator.machines.add({ ...place, ...more })
  return { name, addresses: [], podCIDRs: [], providerID: `azure://${id}` }
}

const addressOf = (nic: string): string => {
  const document = world.simulator.document(`${groupId}/providers/Microsoft.Network/networkInterfaces/${nic}`)
  return /"privateIPAddress":"([^"]*)"/.exec(JSON.stringify(document))?.[1] ?? ''
}

const write = (...routes: readonly (readonly [prefix: string, hop: string])[]): void =>
  void world.put(tableId, {
    location: 'westeurope',
    properties: {
      routes: routes.map(([addressPrefix, hop]) => ({
        name: addressPrefix.replace('/', '-'),
        properties: hop.includes('.')
          ? { addressPrefix, nextHopType: 'VirtualAppliance', nextHopIpAddress: hop }
          : { addressPrefix, nextHopType: hop },
      })),
    },
  })

interface Asked {
  readonly from?: ExaminedNode
  readonly to?: ExaminedNode | undefined
  readonly destination?: string
  readonly mac?: string
}

function explain(asked: Asked = {}): Promise<readonly Finding[]> {
  const { destination = '10.244.3.2', from = a, mac } = asked
  const explainWay = explainAzureWay({
    arm: {
      api: world.api,
      budget: new ApiBudget({ clock: world.clock, limits: armLimits, share: 1 }),
    },
    clock: world.clock,
    nodeGroups: [groupId],
    network: undefined,
    attempt: (work) => work(),
  })
  const packet = {
    source: parseAddress('10.244.1.2'),
    destination: parseAddress(destination),
    from,
    to: 'to' in asked ? asked.to : b,
    mac,
  }
  return world.until(explainWay(packet, new AbortController().signal))
}

const codes = async (asked?: Asked): Promise<readonly string[]> =>
  (await explain(asked)).map(({ code }) => code)

const well = ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward']

test('by the table of the sender’s subnet, and Azure says that it is in force', async () => {
  write(['10.244.3.0/24', addressOf('b-nic')])
  const found = await explain()
  expect(found.map(({ code }) => code)).toEqual(well)
  expect(found[1]?.message).toBe(
    `The subnet net/nodes of Node a follows nodes, whose route 10.244.3.0-24 to 10.244.3.0/24 leads to address/${addressOf('b-nic')}, which is b-nic of Node b.`,
  )
  const asked = world.simulator.calls.map(({ operation }) => operation)
  expect(asked).toContain('NetworkInterfaces_GetEffectiveRouteTable')
})

test('it writes nothing', async () => {
  const before = world.simulator.calls.length
  await explain()
  const calls = world.simulator.calls.slice(before)
  expect(calls.filter(({ method }) => method !== 'GET').map(({ operation }) => operation)).toEqual([
    'NetworkInterfaces_GetEffectiveRouteTable',
  ])
})

test('the table has it, and it is not in force yet', async () => {
  open({ effectiveMs: 600_000 })
  write(['10.244.3.0/24', addressOf('b-nic')])
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteNotInForce'])
})

test('to ask what is in force is denied: the table tells, and it is said', async () => {
  const asking = 'Microsoft.Network/networkInterfaces/effectiveRouteTable/action'
  open({ permits: (_, action) => action !== asking })
  write(['10.244.3.0/24', addressOf('b-nic')])
  const found = await explain()
  expect(found.map(({ code }) => code)).toEqual(well)
  expect(found[1]?.message).toContain('(Whether it is in force could not be asked: ')
  expect(found[1]?.message).toContain(asking)
})

test('a sender that does not run has no effective routes, and a receiver that does not takes nothing', async () => {
  write(['10.244.3.0/24', addressOf('b-nic')])
  const idOf = ({ providerID = '' }: ExaminedNode): string => providerID.slice('azure://'.length)
  world.simulator.machines.power(idOf(a), 'deallocated')
  expect(await codes()).toEqual(well)
  world.simulator.machines.power(idOf(b), 'deallocated')
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteBlackhole'])
})

test('members of uniform scale sets are found, and judged by the table alone', async () => {
  const member = machine('0', { scaleSet: { name: 'pool', mode: 'Uniform' }, forwards: false })
  write(['10.244.3.0/24', addressOf('b-nic')])
  const before = world.simulator.calls.length
  const found = await explain({ from: member })
  expect(found.map(({ code }) => code)).toEqual(['SenderMayNotForward', ...well.slice(1)])
  expect(found[0]?.fix).toContain('scale set pool')
  expect(found[1]?.message).toContain('members of uniform scale sets')
  expect(world.simulator.calls.slice(before).map(({ method }) => method)).not.toContain('POST')
})

test('next hop None, elsewhere, and nothing', async () => {
  write(['10.244.3.0/24', 'None'])
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteDrops'])
  write(['10.244.3.0/24', addressOf('a-nic')])
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteElsewhere'])
  write()
  expect(await codes()).toEqual(['SenderMayForward', 'CloudRouteMissing'])
})

test('a subnet without a table has no route, whatever tables there are', async () => {
  write(['10.244.3.0/24', addressOf('b-nic')])
  world.put(subnetId, { properties: { addressPrefixes: ['10.0.1.0/24', 'fd00:10::/64'] } })
  const found = await explain()
  expect(found.map(({ code }) => code)).toEqual(['SenderMayForward', 'CloudRouteMissing'])
  expect(found[1]?.message).toBe(
    'The subnet net/nodes of Node a has no route table, and so no route to 10.244.3.2.',
  )
})

test('the network’s own range needs no route', async () => {
  expect(await codes({ destination: addressOf('b-nic') })).toEqual(['SenderMayForward', 'CloudRouteFound'])
  expect(await codes({ destination: '10.0.77.7', to: undefined })).toEqual([
    'SenderMayForward',
    'CloudRouteFound',
  ])
})

test('the interface is that of the hardware address, and an unknown one is the primary’s', async () => {
  write(['10.244.3.0/24', addressOf('b-nic')])
  expect(await codes({ mac: '00:0d:3a:00:00:01' })).toEqual(well)
  expect(await codes({ mac: '02:00:00:00:00:00' })).toEqual(well)
})

test('a Node without provider ID is found by its address', async () => {
  write(['10.244.3.0/24', addressOf('b-nic')])
  const { providerID: _, ...unnamed } = b
  expect(await codes({ to: { ...unnamed, addresses: [parseAddress(addressOf('b-nic'))] } })).toEqual(well)
})

test('a Node whose machine is not known leaves open what it takes to know', async () => {
  write(['10.244.3.0/24', addressOf('b-nic')])
  const elsewhere = { ...a, name: 'x', providerID: `${a.providerID ?? ''}-gone` }
  expect(await codes({ from: elsewhere })).toEqual(['CloudPlaceUnknown'])
  expect(await codes({ to: elsewhere })).toEqual(['SenderMayForward', 'CloudRouteFound', 'CloudPlaceUnknown'])
  expect(await codes({ to: { ...b, providerID: 'aws:///us-east-1a/i-1' } })).toEqual([
    'SenderMayForward',
    'CloudRouteFound',
    'CloudPlaceUnknown',
  ])
})

test.each([
  ['Microsoft.Network/virtualNetworks/read', 'VirtualNetworks_Get'],
  ['Microsoft.Network/routeTables/read', 'RouteTables_Get'],
  ['Microsoft.Compute/virtualMachines/read', 'VirtualMachines_Get'],
])('%s is denied: it is told with the operation', async (denied, operation) => {
  open({ permits: (_, action) => action !== denied })
  expect(await explain()).toMatchObject([
    { code: 'CloudNotRead', severity: 'unknown', object: { name: operation } },
  ])
})

test.each([
  ['any other failure', 500, 'InternalServerError'],
  ['a token that is over: no role helps', 401, 'ExpiredAuthenticationToken'],
])('%s fails', async (_, status, code) => {
  world.simulator.faults.inject({
    operation: 'VirtualMachines_Get',
    times: 10,
    fault: { kind: 'error', status, code },
  })
  await expect(explain()).rejects.toBeInstanceOf(ProviderError)
})
