import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Call } from '../../test/simulators/arm/call-log.ts'
import { type AzureWorld, openAzureWorld } from './testing/azure-world.ts'

let world: AzureWorld
beforeEach(async () => {
  world = await openAzureWorld()
  world.manager('--allocate-node-cidrs=false')
})
afterEach(() => world.close())

/** With machines of each kind, found in each way, and with forwarding off, so that everything is asked. */
async function examineEverything(): Promise<readonly Call[]> {
  world.addNode('flex', { scaleSet: { name: 'flex', mode: 'Flexible' }, forwards: false })
  world.addNode('uniform', { name: '9', scaleSet: { name: 'pool', mode: 'Uniform' }, forwards: false })
  world.cluster.addNode('by-address', { addresses: ['10.0.32.99'] })
  await world.examine()
  return world.calls()
}

/** It asks what policies would make of a write, by the only operation that there is for that. */
const isQuestion = ({ operation }: Call): boolean =>
  operation === 'PolicyRestrictions_CheckAtResourceGroupScope'

test('it reads, and asks policies; it writes nothing, to Azure or the cluster', async () => {
  const before = world.azure.send('GET', world.table)
  const calls = await examineEverything()
  expect(calls.length).toBeGreaterThan(15)
  const others = calls.filter((call) => !isQuestion(call))
  expect([...new Set(others.map(({ method }) => method))]).toEqual(['GET'])
  expect(calls.filter(isQuestion).map(({ method }) => method)).toEqual(['POST'])
  expect(calls.flatMap(({ code }) => code ?? [])).toEqual([])
  expect([...new Set(world.cluster.calls.map(({ method }) => method))]).toEqual(['GET'])
  expect(world.azure.send('GET', world.table)).toEqual(before)
})

test('a table that is being written is looked at, and not waited for', async () => {
  await world.close()
  world = await openAzureWorld({ operationMs: 600_000 })
  world.manager('--allocate-node-cidrs=false')
  world.addRoute('firewall', '0.0.0.0/0', '10.0.32.200')
  expect((await world.examine()).wrong).toEqual([])
})

const actionsOf = (name: string): readonly string[] => {
  const file = new URL(`../../deploy/iam/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly Actions: readonly string[] }).Actions
}

test('deploy/iam: the controller’s role and the doctor’s together have all that it asks for, and the doctor’s nothing else', async () => {
  const used = new Set((await examineEverything()).flatMap(({ actions }) => actions))
  const [controller, doctor] = [actionsOf('azure-controller-role'), actionsOf('azure-doctor-role')]
  expect([...used].filter((action) => !controller.includes(action)).sort()).toEqual(doctor)
  for (const action of doctor) expect(action).toMatch(/^Microsoft\.[A-Za-z/]+\/read$/)
})

/** What it says of the cloud when one action is denied, but for what is well. */
async function without(
  action: string,
): Promise<{ readonly code: number; readonly wrong: readonly string[] }> {
  world.deny(action)
  return world.examine()
}

test.each([
  ['Microsoft.Compute/virtualMachines/read', 'VirtualMachines_Get'],
  ['Microsoft.Compute/virtualMachines/instanceView/read', 'VirtualMachines_InstanceView'],
  ['Microsoft.Network/networkInterfaces/read', 'NetworkInterfaces_Get'],
  ['Microsoft.Network/routeTables/read', 'RouteTables_List'],
])(
  '%s, which the controller needs, is denied: an error, and the rest is examined as far as it goes',
  async (action, operation) => {
    const { code, wrong } = await without(action)
    expect(wrong).toEqual([`error PermissionMissing permission/${operation}`])
    expect(code).toBe(1)
  },
)

test.each([
  ['Microsoft.Resources/subscriptions/resourceGroups/read', 'ResourceGroups_Get'],
  ['Microsoft.Network/virtualNetworks/read', 'VirtualNetworks_Get'],
  ['Microsoft.Network/networkSecurityGroups/read', 'NetworkSecurityGroups_Get'],
  ['Microsoft.Authorization/permissions/read', 'Permissions_ListForResource'],
  ['Microsoft.Authorization/locks/read', 'ManagementLocks_ListAtResourceGroupLevel'],
  ['Microsoft.PolicyInsights/checkPolicyRestrictions/read', 'PolicyRestrictions_CheckAtResourceGroupScope'],
  ['Microsoft.Network/locations/usages/read', 'Usages_List'],
])(
  '%s, without which routes are written all the same, is denied: it is unknown, and no error',
  async (action, operation) => {
    const { code, wrong } = await without(action)
    expect(wrong).toEqual([`unknown NotExamined permission/${operation}`])
    expect(code).toBe(0)
  },
)

test.each([
  [409, 'MissingSubscriptionRegistration'],
  [400, 'NoRegisteredProviderFound'],
  [404, 'InvalidResourceNamespace'],
])(
  'a cloud that answers %i %s when it is asked for policies: that is unknown, and the rest is examined',
  async (status, code) => {
    world.azure.simulator.faults.inject({
      operation: 'PolicyRestrictions_CheckAtResourceGroupScope',
      fault: { kind: 'error', status, code },
    })
    expect((await world.examine()).wrong).toEqual([
      'unknown NotExamined permission/PolicyRestrictions_CheckAtResourceGroupScope',
    ])
  },
)
