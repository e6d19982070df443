import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formatAddress } from '../net/address.ts'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import { type SimulatedAws, createSimulatedAws } from '../test/conformance/simulated-aws.ts'
import type { WorldNode } from '../test/conformance/provider-world.ts'
import { releaseAnnotation } from '../reconciler/node-route/node-route.ts'
import { CommandWorld } from './testing/command-world.ts'
import { runMain } from './testing/run-main.ts'

/** Whole command lines before the EC2 and the Kubernetes simulator, by the real clients, set up as a person does. */

let aws: SimulatedAws
let world: CommandWorld
let folder = ''

beforeEach(async () => {
  aws = await createSimulatedAws()
  world = await CommandWorld.open()
  folder = mkdtempSync(join(tmpdir(), 'podway-cli-'))
  const { url } = world.cluster
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: url } }],
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
    'current-context': 'c',
  }
  writeFileSync(join(folder, 'config'), JSON.stringify(kubeconfig))
  vi.stubEnv('KUBECONFIG', join(folder, 'config'))
})

afterEach(async () => {
  await world[Symbol.asyncDispose]()
  await aws.close()
  rmSync(folder, { recursive: true })
})

async function joinNode(name: string, podCIDR: string): Promise<WorldNode> {
  const node = await aws.addNode(name)
  const { providerID, addresses } = node.view
  world.cluster.addNode(name, { providerID, podCIDRs: [podCIDR], addresses: addresses.map(formatAddress) })
  return node
}

test('routes that another controller wrote are listed, and then adopted', async () => {
  const table = await aws.addTable('private')
  const one = await joinNode('node-1', '10.244.1.0/24')
  const two = await joinNode('node-2', '10.244.2.0/24')
  await aws.stealRoute(table, parseCidr('10.244.1.0/24'), one)
  await aws.stealRoute(table, parseCidr('10.244.2.0/24'), one)
  await aws.addForeignRoute(table, parseCidr('0.0.0.0/0'))
  const adopt = ['adopt', '--provider', 'aws', '--cluster-name', aws.clusterName]

  const listed = await runMain(adopt)
  expect(listed).toMatchObject({
    code: 0,
    stderr: '1 route can be adopted: run the command again with --yes.\n',
  })
  expect(listed.stdout).toMatch(
    new RegExp(`^TABLE.*\\n${table.id} +10.244.1.0/24 +node-1 +eni/${one.target.id}\\n\\nNot adopted:\\n`),
  )
  expect(listed.stdout).toContain(
    `it points at eni/${one.target.id}, and Node node-2 is eni/${two.target.id}`,
  )
  expect(world.cluster.records()).toEqual([])

  const adopted = await runMain([...adopt, '--table', 'private', '--yes', '--output', 'json'])
  expect(adopted).toMatchObject({ code: 0, stderr: '1 route adopted.\n' })
  expect(JSON.parse(adopted.stdout)).toMatchObject({
    routes: [
      { destination: '10.244.1.0/24', result: 'adopted' },
      { destination: '10.244.2.0/24', result: 'refused', reason: 'OtherTarget' },
    ],
  })
  expect(world.cluster.record('v4-10-244-1-0-24')).toMatchObject({
    spec: { node: { name: 'node-1' }, target: { kind: 'eni', id: one.target.id }, tables: [table.id] },
    status: { tables: [{ id: table.id, reason: 'Adopted', written: true }] },
  })
  expect(aws.writes()).toBe(0)
})

test('in the tables that the nodes’ subnets use', async () => {
  const table = await aws.addTable('private')
  await aws.ec2.associateRouteTable({ RouteTableId: table.id, SubnetId: aws.subnetId })
  await aws.addTable('of no node')
  const one = await joinNode('node-1', '10.244.1.0/24')
  await aws.stealRoute(table, parseCidr('10.244.1.0/24'), one)
  const adopt = ['adopt', '--provider', 'aws', '--cluster-name', 'x', '--route-tables', 'auto']
  const { code, stdout } = await runMain([...adopt, '--output', 'json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    routes: [{ table: table.id, destination: '10.244.1.0/24' }],
  })
})

test('what can’t be adopted by name fails, with exit code 1', async () => {
  const table = await aws.addTable('private')
  const one = await joinNode('node-1', '10.244.1.0/24')
  await joinNode('node-2', '10.244.2.0/24')
  await aws.stealRoute(table, parseCidr('10.244.2.0/24'), one)
  const adopt = ['adopt', '--provider', 'aws', '--cluster-name', aws.clusterName, '--yes']
  const { code, stderr } = await runMain([...adopt, '10.244.2.0/24'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/podway: 1 route could not be adopted\n$/)
})

test('into a state file, by table id', async () => {
  const table = await aws.addTable('private')
  const one = await joinNode('node-1', '10.244.1.0/24')
  await aws.stealRoute(table, parseCidr('10.244.1.0/24'), one)
  const state = join(folder, 'routes.json')
  const adopt = [
    'adopt',
    '--provider',
    'aws',
    '--cluster-name',
    'x',
    '--route-table-ids',
    table.id,
    '--state',
    state,
  ]
  expect(await runMain([...adopt, '--yes'])).toMatchObject({ code: 0 })
  expect(await runMain(adopt)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: "Nothing to adopt (1 route recorded as podway's already).\n",
  })
  writeFileSync(state, 'garbage')
  expect(await runMain([...adopt, '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${state}. Restore it`) as string,
  })
})

test('what the brake holds is listed, and then released', async () => {
  world.cluster.addRecord('10.244.3.0/24', { name: 'node-3', uid: 'uid-3' }, 'eni-3')
  await world.settle('10.244.3.0/24', { 'table-1': { state: 'Held', reason: 'DeleteBrake' } })
  expect(await runMain(['release'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('v4-10-244-3-0-24   10.244.3.0/24   node-3') as string,
    stderr: '1 destination held: name those to release, or all by --all.\n',
  })
  expect(await runMain(['release', '10.244.4.0/24'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'podway: there is no NodeRoute for 10.244.4.0/24: nothing was released\n',
  })
  expect(await runMain(['release', '10.244.3.0/24', '--yes'])).toMatchObject({
    code: 0,
    stderr: '1 destination released.\n',
  })
  const { annotations } = world.cluster.record('v4-10-244-3-0-24')?.metadata ?? {}
  expect(annotations).toEqual({ [releaseAnnotation]: 'uid-3' })
})

test('what was adopted is cleaned up, once no controller is at work; the rest stays', async () => {
  const table = await aws.addTable('private')
  const one = await joinNode('node-1', '10.244.1.0/24')
  await aws.stealRoute(table, parseCidr('10.244.1.0/24'), one)
  await aws.stealRoute(table, parseCidr('10.244.9.0/24'), one)
  const named = ['--provider', 'aws', '--cluster-name', aws.clusterName]
  await runMain(['adopt', ...named, '--yes'])
  await fetch(`${world.cluster.url}/api/v1/namespaces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'podway-system' } }),
  })

  const listed = await runMain(['cleanup', ...named])
  expect(listed).toMatchObject({ code: 0 })
  expect(listed.stdout).toContain('10.244.1.0/24')
  expect(listed.stdout).not.toContain('10.244.9.0/24')
  const destinations = async (): Promise<readonly string[]> =>
    (await aws.provider.list(table, new AbortController().signal)).routes
      .filter(({ origin }) => origin === 'static')
      .map(({ destination }) => formatCidr(destination))
  expect(await destinations()).toHaveLength(2)

  expect(await runMain(['cleanup', ...named, '--yes'])).toMatchObject({
    code: 0,
    stderr: '1 route deleted.\n',
  })
  expect(await destinations()).toEqual(['10.244.9.0/24'])
  expect(world.cluster.records()).toEqual([])
})
