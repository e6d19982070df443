import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../net/address.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { startController } from '../../test/conformance/aws-controller.ts'
import { podwayKeyId } from '../../test/conformance/aws-world.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { describeProvider } from '../../test/conformance/provider.case.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { Call } from '../../test/simulators/ec2/call-log.ts'

/** What podway asked of EC2 in all the worlds that were closed so far. */
const calls: Call[] = []

async function make(): Promise<SimulatedAws> {
  const world = await createSimulatedAws()
  const close = (): Promise<void> => {
    calls.push(...world.simulator.calls.filter(({ accessKeyId }) => accessKeyId === podwayKeyId))
    return world.close()
  }
  return { ...world, close }
}

describeProvider({ name: 'AWS on the EC2 simulator', make })

// https://github.com/ranchergovernment/rke2-aws-tf/issues/25
test('unfiltered DescribeRouteTables every 10 s: here nothing is ever read without a filter', () => {
  const reads = calls.filter(({ action }) => action.startsWith('Describe'))
  expect(reads.length).toBeGreaterThan(0)
  for (const { action, parameters } of reads)
    expect(Object.keys(parameters), action).toContain('Filter.1.Name')
})

describe('deploy/iam/aws-controller-policy.json', () => {
  interface Statement {
    readonly Effect: string
    readonly Action: string | readonly string[]
    readonly Resource: string
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  const file = new URL('../../deploy/iam/aws-controller-policy.json', import.meta.url)
  const { Statement: statements } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly Statement: readonly Statement[]
  }
  const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat()
  const allowed = statements.flatMap(actionsOf).sort()
  const used = (some: readonly Call[]): readonly string[] =>
    [...new Set(some.map(({ action }) => `ec2:${action}`))].sort()

  test('lists exactly what the suite above asked of EC2', () => {
    expect(used(calls)).toEqual(allowed)
  })

  test('lists exactly what a controller asks of EC2: a Node joins, is another instance, leaves', async () => {
    const world = await make()
    const cluster = await Cluster.start(new ManualClock())
    const before = calls.length
    const [table, ...nodes] = [
      await world.addTable('a'),
      await world.addNode('node-1'),
      await world.addNode('node-2'),
    ] as const
    const controller = startController(world.provider, cluster.url)
    try {
      const targets = async (): Promise<readonly string[]> => {
        const { RouteTables } = await world.ec2.describeRouteTables({ RouteTableIds: [table.id] })
        const routes = RouteTables?.[0]?.Routes ?? []
        return routes.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? [])
      }
      const podCIDRs = ['10.244.1.0/24', 'fd00:10:244:1::/64']
      const [one, two] = nodes
      const addressOf = (node: WorldNode): string => node.view.addresses.slice(0, 1).map(formatAddress).join()
      cluster.addNode('node-1', { podCIDRs, addresses: [addressOf(one)] })
      const until = (ids: readonly string[]): Promise<void> =>
        vi.waitFor(async () => expect(await targets()).toEqual(ids), { timeout: 15_000 })
      await until([one.target.id, one.target.id])
      const published = (): unknown => cluster.podNetworks().map(({ status }) => status?.provider)
      await vi.waitFor(() => expect(published()).toEqual(['aws']), { timeout: 15_000 })
      // The same Node is another instance now.
      const addresses = [{ type: 'InternalIP', address: addressOf(two) }]
      cluster.patchNode('node-1', { status: { addresses } }, '/status')
      await until([two.target.id, two.target.id])
      await world.terminate(two)
      cluster.deleteNode('node-1')
      await until([])
    } finally {
      await controller.stop()
      await cluster.close()
      await world.close()
    }
    expect(used(calls.slice(before))).toEqual(allowed)
  }, 30_000)

  test('allows every write only where it is podway’s to write', () => {
    const conditions = statements
      .filter((one) => actionsOf(one).some((action) => !action.startsWith('ec2:Describe')))
      .map(({ Resource, Condition = {} }) => [Resource, Object.values(Condition).flatMap(Object.keys)])
    expect(conditions).toEqual([
      ['arn:*:ec2:*:*:route-table/*', ['aws:ResourceTag/kubernetes.io/cluster/CLUSTER_NAME']],
      ['arn:*:ec2:*:*:network-interface/*', ['ec2:Vpc', 'ec2:Attribute/SourceDestCheck']],
    ])
  })

  test('allows nothing else: no wildcard, no action twice, nothing but EC2', () => {
    expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true)
    expect(new Set(allowed).size).toBe(allowed.length)
    for (const action of allowed) expect(action).toMatch(/^ec2:[A-Za-z]+$/)
  })
})
