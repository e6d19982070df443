import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeProvider } from '../../test/conformance/provider.case.ts'
import {
  type SimulatedAzure,
  createSimulatedAzure,
  podwayToken,
} from '../../test/conformance/simulated-azure.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import type { Call } from '../../test/simulators/arm/call-log.ts'
import { listAt, objectAt } from '../../test/simulators/kubernetes/json.ts'
import { parseCidr } from '../../net/cidr.ts'

const signal = new AbortController().signal

interface Role {
  readonly IsCustom: boolean
  readonly Actions: readonly string[]
  readonly NotActions: readonly string[]
  readonly DataActions: readonly string[]
  readonly AssignableScopes: readonly string[]
}
const role = JSON.parse(
  readFileSync(new URL('../../deploy/iam/azure-controller-role.json', import.meta.url), 'utf8'),
) as Role

/** What podway asked of ARM in all the worlds that were closed so far. */
const calls: Call[] = []

/** A cloud that lets podway do what the role allows, and nothing else. */
async function make(): Promise<SimulatedAzure> {
  const world = await createSimulatedAzure({
    permits: (principal, action) => principal !== podwayToken || role.Actions.includes(action),
  })
  const close = (): Promise<void> => {
    calls.push(...world.calls())
    return world.close()
  }
  return { ...world, close }
}

describeProvider({ name: 'Azure on the ARM simulator, with the role in deploy/iam', make })

// @azure/arm-network sends none by itself: a human's edit would be lost.
test('ETag not sent by the SDK: here every write of a table or an interface is for one revision', () => {
  const writes = calls.filter(({ method, path }) => method === 'PUT' && !/\/virtualMachines\//i.test(path))
  expect(writes.length).toBeGreaterThan(30)
  for (const { ifMatch, path } of writes) expect(ifMatch, path).toMatch(/^W\//)
})

describe('deploy/iam/azure-controller-role.json', () => {
  /** An interface with all that one may belong to: each has to be joined again with every write. */
  function joinEverything(world: SimulatedAzure, node: WorldNode): void {
    const id = `${node.view.providerID.slice('azure://'.length).replace(/Microsoft.Compute.*/i, '')}Microsoft.Network/networkInterfaces/${node.view.name}-nic`
    const nic = objectAt(world.send('GET', id))
    const properties = objectAt(nic, 'properties')
    const ipConfigurations = listAt(properties, 'ipConfigurations').map((one) => ({
      ...objectAt(one),
      properties: {
        ...objectAt(one, 'properties'),
        publicIPAddress: { id: '/public' },
        loadBalancerBackendAddressPools: [{ id: '/pool' }],
        loadBalancerInboundNatRules: [{ id: '/rule' }],
        applicationSecurityGroups: [{ id: '/asg' }],
      },
    }))
    world.send('PUT', id, {
      ...nic,
      properties: { ...properties, ipConfigurations, networkSecurityGroup: { id: '/nsg' } },
    })
  }

  test('lists exactly what is asked of ARM, for machines of every kind', async () => {
    const world = await make()
    try {
      const table = await world.addTable('a')
      world.send('PUT', world.nodeSubnet, {
        properties: { addressPrefixes: ['10.0.1.0/24', 'fd00:10::/64'], routeTable: { id: table.id } },
      })
      const nodes = [
        world.addMachine('alone'),
        world.addMachine('0', { name: 'uni', mode: 'Uniform' }),
        world.addMachine('flex_1', { name: 'flex', mode: 'Flexible' }),
      ]
      const [first] = nodes
      if (first === undefined) throw new Error('no machine was made')
      joinEverything(world, first)
      const provider = world.providerWith({ effectiveMs: 2_000, askEffective: true })
      const targets = nodes.map(({ target }) => target)
      expect(await provider.prepare?.(targets, signal)).toEqual(
        targets.map(() => ({ result: 'done', changed: true })),
      )
      expect(await provider.running?.(targets, signal)).toEqual([true, true, true])
      const change = { op: 'create', destination: parseCidr('10.244.3.0/24'), target: first.target } as const
      await provider.apply(table, { changes: [change] }, signal)
      await provider.untilEffective?.(table, [change], signal)
    } finally {
      await world.close()
    }
    expect([...new Set(calls.flatMap(({ actions }) => actions))].sort()).toEqual(role.Actions)
    expect(calls.filter(({ code }) => code === 'LinkedAuthorizationFailed')).toEqual([])
  })

  test('allows nothing else: no wildcard, no action twice, no data, one place', () => {
    expect(new Set(role.Actions).size).toBe(role.Actions.length)
    for (const action of role.Actions)
      expect(action).toMatch(/^Microsoft\.(Network|Compute)\/[A-Za-z/]+\/(read|write|action)$/)
    expect([role.IsCustom, role.NotActions, role.DataActions]).toEqual([true, [], []])
    expect(role.AssignableScopes).toEqual(['/subscriptions/SUBSCRIPTION_ID/resourceGroups/RESOURCE_GROUP'])
  })
})
