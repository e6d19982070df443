import { beforeAll, expect, test } from 'vitest'
import { selfSigned } from '../../kube/testing/self-signed.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { createArmSimulator } from '../simulators/arm/arm-simulator.ts'
import { serve } from '../simulators/http-server.ts'
import { type Report, exercise } from './run.ts'

const subscription = '00000000-0000-0000-0000-0000000000aa'
const base = `/subscriptions/${subscription}/resourceGroups/prod/providers/Microsoft.Network`

await describeWithPython('azure-mgmt-network and the ARM simulator', () => {
  let reports: readonly Report[]

  beforeAll(async () => {
    const simulator = createArmSimulator()
    const put = (id: string, body: unknown): void => {
      const reply = simulator.handle(
        {
          method: 'PUT',
          target: `${base}/${id}?api-version=2026-01-01`,
          headers: { authorization: 'Bearer seed' },
          body: JSON.stringify(body),
        },
        0,
      )
      if (reply.kind !== 'response' || reply.status >= 300) throw new Error(JSON.stringify(reply))
    }
    // Machines are not made through the network's API.
    const properties = { addressPrefix: '10.244.9.0/24', nextHopType: 'None' }
    put('routeTables/seed', { location: 'westeurope', properties: { routes: [{ name: 'a', properties }] } })
    put('virtualNetworks/seed', {
      location: 'westeurope',
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } },
    })
    const routeTable = { id: `${base}/routeTables/seed` }
    put('virtualNetworks/seed/subnets/nodes', { properties: { addressPrefix: '10.0.1.0/24', routeTable } })
    const machine = { subscription, group: 'prod', subnet: `${base}/virtualNetworks/seed/subnets/nodes` }
    simulator.machines.add({ ...machine, name: 'seeded' })
    simulator.machines.add({ ...machine, name: '0', scaleSet: { name: 'uni', mode: 'Uniform' } })
    const tls = selfSigned('arm')
    const server = await serve(simulator, { tls })
    try {
      reports = await exercise(server.url, tls.cert, subscription)
    } finally {
      await server.close()
    }
  })

  test('every property of every answer is one of the model, and of its type', () => {
    const answers = reports.filter(({ kind }) => kind === 'answer')
    expect(answers.flatMap(({ about, problems }) => problems.map((one) => `${about}${one}`))).toEqual([])
    expect([...new Set(answers.map(({ about }) => about))].sort()).toEqual([
      'GET NetworkInterface',
      'GET NetworkInterface list',
      'GET NetworkSecurityGroup',
      'GET Route',
      'GET Route list',
      'GET RouteTable',
      'GET RouteTable list',
      'GET Subnet',
      'GET Usage list',
      'GET VirtualNetwork',
      'PATCH RouteTable',
      'PUT NetworkInterface',
      'PUT NetworkSecurityGroup',
      'PUT Route',
      'PUT RouteTable',
      'PUT Subnet',
      'PUT VirtualNetwork',
    ])
  })

  test('the SDK makes of them what they mean', () => {
    const checks = reports.filter(({ kind }) => kind === 'check')
    expect(checks.flatMap(({ problems }) => problems)).toEqual([])
    expect(checks).toHaveLength(26)
  })
})
