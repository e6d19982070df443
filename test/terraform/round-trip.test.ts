import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Node } from '../../kube/objects.ts'
import { nodeType } from '../../kube/node-type.ts'
import { Resource } from '../../kube/resource.ts'
import { formatAddress } from '../../net/address.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { Table } from '../../providers/route.ts'
import type { Standing } from '../../cli/export/exported-route.ts'
import { runExport } from '../../cli/export/run-export.ts'
import { listAll } from '../../cli/list-all.ts'
import { clusterLedger, readOnlyStore } from '../../cli/survey/ledger-source.ts'
import { surveyRoutes } from '../../cli/survey/survey.ts'
import { CommandWorld, RecordedOutput, signal, waits } from '../../cli/testing/command-world.ts'
import { startController } from '../conformance/aws-controller.ts'
import type { WorldNode } from '../conformance/provider-world.ts'
import { apply } from './apply.ts'
import { type TerraformCloud, openers } from './clouds.ts'
import { readConfiguration } from './configuration.ts'

/** Export, Terraform, and podway's own look at what Terraform has made. */
describe.each(Object.entries(openers))('%s', (_name, open) => {
  let terraform: TerraformCloud
  let cluster: CommandWorld
  let tables: readonly Table[]

  beforeEach(async () => {
    terraform = await open()
    cluster = await CommandWorld.open()
    tables = [await terraform.world.addTable('nodes'), await terraform.world.addTable('database')]
  })
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]()
    await terraform.world.close()
  })

  async function join(name: string, ...podCIDRs: readonly string[]): Promise<WorldNode> {
    const node = await terraform.world.addNode(name)
    const { addresses, providerID } = node.view
    cluster.cluster.addNode(name, { providerID, podCIDRs, addresses: addresses.map(formatAddress) })
    return node
  }
  const nodesOf = (term: AbortSignal): Promise<readonly Node[]> =>
    listAll(new Resource<Node>(cluster.kube, nodeType), term)
  const ledger = () => clusterLedger(cluster.kube, new RecordedOutput())

  async function exported(only: readonly Standing[] = ['owned', 'foreign', 'missing']) {
    const output = new RecordedOutput()
    const { cloud, world } = terraform
    const { clusterName, provider } = world
    const style = { clusterName, priority: 1000, tags: [] }
    const request = {
      policy: 'sync' as const,
      cloud,
      only,
      folder: undefined,
      force: false,
      versions: true,
      style,
    }
    const parts = { provider, nodes: nodesOf, ledger: ledger(), output, waits }
    await runExport(request, parts, signal)
    return { text: output.text, notes: output.notes, module: await readConfiguration([output.text]) }
  }
  /** `10.244.1.0/24 satisfied`, of each table. */
  async function plan(): Promise<readonly string[]> {
    const { provider } = terraform.world
    const store = { ...readOnlyStore([]), load: ledger().read }
    const survey = await surveyRoutes({ policy: 'sync' }, { provider, nodes: nodesOf, store, waits }, signal)
    return survey.destinations.flatMap(({ destination, work }) =>
      work.map(({ item }) => `${formatCidr(destination)} ${item.op}`),
    )
  }
  const recorded = 'v4-10-244-2-0-24'
  const twice = (...lines: readonly string[]): readonly string[] => lines.flatMap((line) => [line, line])
  const satisfied = twice(
    '10.244.1.0/24 satisfied',
    '10.244.2.0/24 satisfied',
    'fd00:10:244:1::/64 satisfied',
  )

  test('what Terraform makes of an export before the first route is what podway wants', async () => {
    await join('node-1', '10.244.1.0/24', 'fd00:10:244:1::/64')
    await join('node-2', '10.244.2.0/24')
    const { module, notes } = await exported()
    expect(notes.at(-1)).toBe('6 routes exported (6 not there yet).')
    const made = await apply(module, terraform.standIn)
    expect([made.created.length, made.imported, made.differences]).toEqual([6, [], []])
    expect(await plan()).toEqual(satisfied)

    // And what is there by now is imported as it is.
    const again = await exported()
    expect(again.notes.at(-1)).toBe('6 routes exported (6 that podway did not make).')
    const taken = await apply(again.module, terraform.standIn)
    expect([taken.imported.toSorted(), taken.created, taken.differences]).toEqual([
      made.created.toSorted(),
      [],
      [],
    ])
    expect((await exported()).text).toBe(again.text)
  })

  test('a controller leaves what Terraform owns, counts it, and makes what is not there', async () => {
    await join('node-1', '10.244.1.0/24')
    await apply((await exported()).module, terraform.standIn)
    await join('node-2', '10.244.2.0/24')
    const writes = terraform.world.writes()
    const controller = startController(terraform.world.provider, cluster.cluster.url)
    try {
      for (const name of ['node-1', 'node-2'])
        await vi.waitFor(
          () => expect(cluster.cluster.condition(name)).toMatchObject({ status: 'False' }),
          20_000,
        )
    } finally {
      await controller.stop()
    }
    expect(terraform.world.writes()).toBeGreaterThan(writes)
    expect(cluster.cluster.records().map(({ metadata }) => metadata.name)).toEqual([recorded])
    expect((await plan()).toSorted()).toEqual([
      ...twice('10.244.1.0/24 satisfied'),
      ...twice('10.244.2.0/24 keep'),
    ])
    const { module, notes } = await exported()
    expect(notes.at(-1)).toBe('4 routes exported (2 of podway’s, 2 that podway did not make).')
    const taken = await apply(module, terraform.standIn)
    expect([taken.imported.length, taken.created, taken.differences]).toEqual([4, [], []])

    // Handed over: without the record the same routes are Terraform's.
    await cluster.routes.patch(recorded, { metadata: { finalizers: null } }, { type: 'merge' })
    cluster.cluster.deleteRecord(recorded)
    expect(new Set((await plan()).map((line) => line.split(' ')[1]))).toEqual(new Set(['satisfied']))
  }, 30_000)

  test('a route that leads elsewhere is left out, and told; asked for, Terraform is told where to', async () => {
    const [table] = tables
    if (table === undefined) throw new Error('no table')
    await join('node-1', '10.244.1.0/24')
    const stranger = await terraform.world.addNode('stranger')
    await terraform.world.stealRoute(table, parseCidr('10.244.1.0/24'), stranger)
    const { module, notes } = await exported()
    expect(module.resources.map(({ importId }) => importId)).toEqual([undefined])
    expect(notes.at(-1)).toBe('1 route exported (1 not there yet), 1 left out by --only.')
    expect(notes.join('\n')).toContain('Node node-1: ')
    const asked = await apply((await exported(['disputed'])).module, terraform.standIn)
    expect(asked.differences).toHaveLength(1)
  })

  test('what somebody has written in other words is imported in these', async () => {
    const node = await join('node-1', 'fd00:10:244:9::/64')
    await terraform.writeOddly(node)
    const { module } = await exported(['foreign'])
    expect(module.resources).toHaveLength(1)
    const taken = await apply(module, terraform.standIn)
    expect([taken.imported.length, taken.differences]).toEqual([1, []])
  })

  test('a table that can’t be read: nothing is exported, since what is left out would be deleted', async () => {
    await join('node-1', '10.244.1.0/24')
    terraform.world.failNext('list', 'unauthorized')
    await expect(exported()).rejects.toThrow(/could not be read|does not allow/)
  })
})
