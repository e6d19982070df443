import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import type { PlanDocument } from '../documents/plan-document.ts'
import { podwayKeyId } from '../../test/conformance/aws-world.ts'
import { AwsCommandWorld } from '../testing/aws-command-world.ts'
import { runMain } from '../testing/run-main.ts'

let world: AwsCommandWorld
beforeEach(async () => {
  world = await AwsCommandWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

/** Actions of the calls that podway made. */
const cloudCalls = (): readonly string[] => [
  ...new Set(
    world.aws.simulator.calls
      .filter(({ accessKeyId }) => accessKeyId === podwayKeyId)
      .map(({ action }) => action),
  ),
]

test('what there is to do, why, and that nothing is written anywhere', async () => {
  const { aws, cluster } = world
  const table = await aws.addTable('private')
  const one = await world.join('node-1', '10.244.1.0/24')
  await world.join('node-2', '10.244.2.0/24')
  const three = await world.join('node-3', '10.244.3.0/24')
  await aws.stealRoute(table, parseCidr('10.244.1.0/24'), one.machine)
  await aws.stealRoute(table, parseCidr('10.244.3.0/24'), one.machine)
  await aws.stealRoute(table, parseCidr('10.244.9.0/24'), three.machine)
  cluster.addRecord('10.244.9.0/24', { name: 'node-9', uid: 'gone' }, three.machine.target.id, [table.id])
  cluster.forgetCalls()
  const writes = aws.writes()

  const { code, stderr, stdout } = await world.run('plan', '--adopt', 'matching')
  expect(stderr).toBe('')
  expect(code).toBe(2)
  expect(stdout).toContain(`${table.id} (private), `)
  expect(stdout).toMatch(/\* adopt +10\.244\.1\.0\/24 +node-1 +eni\/eni-\w+ +a foreign route says what/)
  expect(stdout).toMatch(/\+ create +10\.244\.2\.0\/24 +node-2 +eni\/eni-\w+ +it is not there/)
  expect(stdout).toMatch(
    /! disputed +10\.244\.3\.0\/24 +node-3 +eni\/eni-\w+ +a route that podway did not make points at/,
  )
  expect(
    stdout.endsWith('\nPlan: 1 to create, 0 to replace, 0 to delete, 1 to adopt; 0 unchanged, 2 disputed.\n'),
  ).toBe(true)

  expect(aws.writes()).toBe(writes)
  expect(cloudCalls().every((action) => action.startsWith('Describe'))).toBe(true)
  expect(cluster.writes).toEqual([])
})

test('the same for programs, in JSON and YAML', async () => {
  const table = await world.aws.addTable('private')
  await world.join('node-1', '10.244.1.0/24')
  const json = await world.run('plan', '--output', 'json')
  expect(json.code).toBe(2)
  const plan = JSON.parse(json.stdout) as PlanDocument
  expect(plan).toMatchObject({
    apiVersion: 'podway.dev/v1alpha1',
    kind: 'Plan',
    policy: 'sync',
    summary: { create: 1, unchanged: 0, held: 0 },
    tables: [
      {
        id: table.id,
        name: 'private',
        error: null,
        quotas: [
          { family: 'IPv4', limit: 500 },
          { family: 'IPv6', limit: 500 },
        ],
        routes: [{ action: 'create', destination: '10.244.1.0/24', node: 'node-1', from: null, held: null }],
      },
    ],
  })
  const yaml = await world.run('plan', '--output', 'yaml')
  expect(load(yaml.stdout)).toEqual(plan)
})

test('nothing to do: exit code 0; --all shows what is as it should be', async () => {
  const table = await world.aws.addTable('private')
  const { machine } = await world.join('node-1', '10.244.1.0/24')
  await world.aws.stealRoute(table, parseCidr('10.244.1.0/24'), machine)
  expect(await world.run('plan')).toEqual({ code: 0, stderr: '', stdout: 'Nothing to do: 1 unchanged.\n' })
  const { stdout } = await world.run('plan', '--all')
  expect(stdout).toMatch(
    /= satisfied +10\.244\.1\.0\/24 +node-1 +eni\/\S+ +a route that podway did not make does the job/,
  )
})

test('under observe the controller does nothing: what it would do is told, held back', async () => {
  await world.aws.addTable('private')
  await world.join('node-1', '10.244.1.0/24')
  const { code, stdout } = await world.run('plan', '--policy', 'observe')
  expect(code).toBe(0)
  expect(stdout).toMatch(/\+ create .* held back: would create the route: the policy is to observe\n/)
  expect(stdout).toContain('Nothing to do: 0 unchanged, 1 held back.')
})

test('from a file of Nodes, without an API server: what they would get, and the routes', async () => {
  const table = await world.aws.addTable('private')
  const machine = await world.aws.addNode('node-1')
  const nodes = world.file(
    'nodes.yaml',
    `kind: Node\nmetadata: { name: node-1 }\nspec: { providerID: '${machine.view.providerID}' }\n`,
  )
  const state = join(world.folder, 'routes.json')
  const files = ['--nodes', nodes, '--state', state, '--kubeconfig', '/nonexistent']
  const waiting = await world.run('plan', ...files)
  expect(waiting).toMatchObject({ code: 0, stderr: '' })
  expect(waiting.stdout).toMatch(/node-1 +NoPodCIDR +it has no podCIDR yet/)
  const { code, stderr, stdout } = await world.run('plan', ...files, '--cluster-cidr', '10.244.0.0/16')
  expect([code, stderr]).toEqual([2, ''])
  expect(stdout).toContain('podCIDRs to be given\nNODE     PODCIDRS\nnode-1   10.244.0.0/24\n')
  expect(stdout).toContain(table.id)
  expect(stdout).toMatch(/\+ create +10\.244\.0\.0\/24 +node-1/)
  expect(existsSync(state)).toBe(false)
  expect(existsSync(`${state}.lock`)).toBe(false)
  const pools = world.file('pools.yaml', 'pools: [{ cidr: 10.100.0.0/16, nodePrefixLength: 26 }]')
  expect((await world.run('plan', ...files, '--pools-file', pools)).stdout).toMatch(
    /node-1 +10\.100\.0\.0\/26/,
  )
})

test('a cloud that does not let us look: exit code 1, and nothing is said of what was not seen', async () => {
  await world.aws.addTable('one')
  await world.join('node-1', '10.244.1.0/24')
  world.aws.failNext('list', 'unauthorized')
  const { code, stderr, stdout } = await world.run('plan')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^podway: .*ec2:DescribeRouteTables/)
})

test.each<[args: readonly string[], text: string]>([
  [['--nodes', 'nodes.yaml'], '--nodes=nodes.yaml takes --state'],
  [['--nodes', '', '--state', 'x'], '--nodes is empty'],
  [['--policy', 'all'], '--policy=all: expected one of sync, upsert-only, observe'],
  [['--adopt', 'all'], '--adopt=all: expected one of none, matching'],
  [['--output', 'xml'], '--output=xml: expected one of table, json, yaml'],
  [['--aws-mode', 'ipv6-prefix', '--cluster-cidr', '10.244.0.0/16'], 'only the controller finds out'],
  [['--cluster-cidr', '10.244.0.0/16', '--pools-file', 'x'], 'both name pools'],
  [['extra'], 'too many arguments'],
])('%j: wrong usage, exit code 64', async (args, text) => {
  const { code, stderr, stdout } = await runMain([
    'plan',
    '--provider',
    'aws',
    '--cluster-name',
    'x',
    ...args,
  ])
  expect([code, stdout]).toEqual([64, ''])
  expect(stderr).toContain(text)
})

test('no kubeconfig, no file: exit code 1, and the remedy', async () => {
  const missing = await world.run('plan', '--kubeconfig', '/nonexistent/config')
  expect([missing.code, missing.stdout]).toEqual([1, ''])
  const { code, stderr } = await world.run(
    'plan',
    '--nodes',
    '/nonexistent/nodes',
    '--state',
    join(world.folder, 's'),
  )
  expect(code).toBe(1)
  expect(stderr).toContain('kubectl get nodes -o yaml')
})
