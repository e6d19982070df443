import { afterEach, expect, test } from 'vitest'
import { type AzureWorld, openAzureWorld } from '../doctor/testing/azure-world.ts'
import type { ClusterWorld } from '../doctor/testing/cluster-world.ts'
import { type GcpWorld, openGcpWorld } from '../doctor/testing/gcp-world.ts'
import type { ApplyDocument } from '../documents/apply-document.ts'
import type { PlanDocument } from '../documents/plan-document.ts'

/** What holds on every cloud: what the plan shows is what apply does, and then there is nothing more to plan. */

let world: AzureWorld | GcpWorld | undefined
afterEach(() => world?.close())

/** With what podway defines, and where its Lease lies. */
function define({ cluster, post }: ClusterWorld): void {
  cluster.define('noderoutes')
  cluster.define('podnetworks')
  post('/api/v1/namespaces', { metadata: { name: 'podway-system' } })
}

const planned = ({ tables }: PlanDocument): readonly string[] =>
  tables
    .flatMap(({ routes }) =>
      routes.map(({ action, destination, node }) => `${action} ${destination} ${node}`),
    )
    .sort()

/** Plans, applies, and plans again; with what the first plan and the apply have said. */
async function roundOf({ runCommand }: ClusterWorld, ...flags: readonly string[]) {
  const json = ['--output', 'json', ...flags]
  const before = await runCommand('plan', ...json)
  expect([before.code, before.stderr]).toEqual([2, ''])
  const plan = JSON.parse(before.stdout) as PlanDocument
  const applied = await runCommand('apply', '--yes', ...json)
  expect([applied.code, applied.stderr]).toEqual([0, ''])
  const result = JSON.parse(applied.stdout) as ApplyDocument
  expect(result.plan).toEqual(plan.summary)
  const after = await runCommand('plan', ...json)
  expect([after.code, after.stderr]).toEqual([0, ''])
  return { plan, result, after: JSON.parse(after.stdout) as PlanDocument }
}

const four = [
  'create 10.244.0.0/24 node-a',
  'create 10.244.1.0/24 node-b',
  'create fd00:10:244:1::/64 node-b',
  'create fd00:10:244::/64 node-a',
]

test('Azure: one table, in fewer writes than routes', async () => {
  const azure = (world = await openAzureWorld())
  define(azure)
  const writes = (): number => azure.calls().filter(({ method }) => method === 'PUT').length
  const { after, plan, result } = await roundOf(azure, '--azure-effective-wait', '100ms')
  expect(planned(plan)).toEqual(four)
  expect(result.routes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done'])
  expect(after.summary).toMatchObject({ create: 0, replace: 0, delete: 0, unchanged: 4 })
  // What waits while one is under way goes together.
  expect(writes()).toBeLessThan(four.length)
})

test('Google Cloud: a network', async () => {
  const gcp = (world = await openGcpWorld())
  define(gcp)
  const { after, plan, result } = await roundOf(gcp)
  expect(planned(plan)).toEqual(four)
  expect(result.routes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done'])
  expect(after.summary).toMatchObject({ create: 0, replace: 0, delete: 0, unchanged: 4 })
})

test('Google Cloud, alias ranges: on the interface of the Node’s own instance', async () => {
  const gcp = (world = await openGcpWorld())
  define(gcp)
  for (const name of ['node-a', 'node-b']) gcp.cluster.deleteNode(name)
  const instance = gcp.addNode('node-c', ['10.64.1.0/24'])
  const { after, plan } = await roundOf(gcp, '--gcp-mode', 'alias-ip')
  expect(planned(plan)).toEqual(['create 10.64.1.0/24 node-c'])
  expect(after.summary).toMatchObject({ create: 0, unchanged: 1 })
  expect(gcp.estate.instance(instance.path).interfaces[0]?.aliases).toMatchObject([{ rangeName: 'pods' }])
})
