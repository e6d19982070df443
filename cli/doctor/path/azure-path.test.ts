import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AzureWorld, openAzureWorld } from '../testing/azure-world.ts'
import { openPathApi } from './testing/path-api.ts'

let azure: AzureWorld
let api: Awaited<ReturnType<typeof openPathApi>>

/** The machines of the two Nodes, each in a subnet of its own that follows the cluster's table. */
beforeEach(async () => {
  azure = await openAzureWorld()
  api = await openPathApi()
  for (const [index, name] of ['one', 'two'].entries()) {
    const subnet = azure.addSubnet(name, [`10.0.${index + 1}.0/24`], { table: azure.table })
    const more = { name: `${name}-vm`, group: 'prod', subnet, forwards: true, families: [4] as const }
    const { interfaceId } = azure.addNode(`${name}-vm`, more)
    const ipConfigurations = [
      { name: 'ipconfig4', properties: { privateIPAddress: `10.0.${index + 1}.10`, subnet: { id: subnet } } },
    ]
    azure.change(interfaceId, { ipConfigurations })
    azure.addRoute(`pods-${name}`, index === 0 ? '10.244.1.0/24' : '10.244.3.0/24', `10.0.${index + 1}.10`)
  }
})
afterEach(async () => {
  await api.close()
  await azure.close()
})

interface Told {
  readonly paths: readonly {
    readonly hops: readonly {
      readonly way: string
      readonly at: string
      readonly code: string
      readonly fix: string | null
    }[]
  }[]
}

const ask = async (...more: readonly string[]) => {
  const flags = ['--from', 'web', '--to', 'db', '--provider', 'azure', '--output', 'json']
  const login = ['--cloud-config', azure.cloudConfig, '--azure-credentials', 'cli']
  const ended = await api.run(...flags, ...login, ...more)
  const [path] = ended.stdout === '' ? [] : (JSON.parse(ended.stdout) as Told).paths
  const cloud = (path?.hops ?? []).filter(({ at }) => at === 'cloud')
  return { ...ended, cloud, codes: cloud.map(({ code, way }) => `${way} ${code}`) }
}

const well = ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward']
const bothWell = ['there', 'back'].flatMap((way) => well.map((code) => `${way} ${code}`))

test('a way that is whole, by the cluster’s azure.json and the login of the Azure CLI', async () => {
  const { code, codes, stderr } = await ask()
  expect(codes).toEqual(bothWell)
  expect([code, stderr]).toEqual([0, '0 errors, 0 warnings, 0 unknown, 27 ok.\n'])
  const writes = azure.calls().filter(({ method }) => method !== 'GET')
  expect(new Set(writes.map(({ operation }) => operation))).toEqual(
    new Set(['NetworkInterfaces_GetEffectiveRouteTable']),
  )
})

test('the route back leads elsewhere: the exit code tells, with the command that mends it', async () => {
  azure.addRoute('pods-one', '10.244.1.0/24', '10.0.1.99')
  const { cloud, code, codes, stderr } = await ask()
  expect([code, stderr]).toEqual([1, 'podway: IPv4: broken at cloud, on the way back: CloudRouteElsewhere\n'])
  expect(codes).toEqual([
    ...well.map((one) => `there ${one}`),
    'back SenderMayForward',
    'back CloudRouteElsewhere',
  ])
  expect(cloud.at(-1)?.fix).toContain(
    `az network route-table route delete --ids ${azure.table}/routes/pods-one`,
  )
})

test('Nodes without provider ID are looked for in the resource groups that are named', async () => {
  const { code, codes } = await ask('--azure-resource-groups', 'empty')
  expect([code, codes]).toEqual([0, ['there CloudPlaceUnknown', 'back CloudPlaceUnknown']])
})

test('what may not be read is unknown, and no error', async () => {
  azure.deny('Microsoft.Network/virtualNetworks/read')
  const { code, codes } = await ask()
  expect([code, codes]).toEqual([0, ['there CloudNotRead', 'back CloudNotRead']])
})

test('who is nobody to Azure is told so', async () => {
  await azure.logOut()
  const { code, stderr, stdout } = await ask()
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/az login/)
})

test.each([
  ['--cloud-config', '/etc/kubernetes/azure.json'],
  ['--azure-subscription', 'x'],
  ['--azure-resource-groups', 'x'],
  ['--azure-route-table-resource-group', 'x'],
  ['--azure-cloud', 'AzurePublicCloud'],
  ['--azure-credentials', 'cli'],
])('%s without --provider azure is wrong usage', async (flag, value) => {
  for (const provider of [[], ['--provider', 'aws']]) {
    const { code, stderr } = await api.run('--from', 'web', '--to', 'db', flag, value, ...provider)
    expect([code, stderr]).toEqual([
      64,
      expect.stringContaining(`${flag} is for asking Azure: add --provider azure`),
    ])
  }
})
