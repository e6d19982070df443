import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { ApplyDocument } from '../documents/apply-document.ts'
import { AwsCommandWorld } from '../testing/aws-command-world.ts'
import type { Ended } from '../testing/run-main.ts'

const program = fileURLToPath(new URL('../../bin/podway.js', import.meta.url))

let world: AwsCommandWorld
beforeEach(async () => {
  world = await AwsCommandWorld.open()
  await world.create('/api/v1/namespaces', { metadata: { name: 'podway-system' } })
})
afterEach(() => world[Symbol.asyncDispose]())

const apply = (...more: readonly string[]): Promise<Ended> => world.run('apply', ...more)

/** `10.244.1.0/24` of what podway or others have written, in the table. */
async function destinationsOf(table: { readonly id: string }): Promise<readonly string[]> {
  const { RouteTables: [found] = [] } = await world.aws.ec2.describeRouteTables({ RouteTableIds: [table.id] })
  return (found?.Routes ?? [])
    .flatMap(({ DestinationCidrBlock: block }) => (block?.startsWith('10.244.') === true ? [block] : []))
    .sort()
}

/** The Lease is somebody's, and was renewed so many milliseconds ago. */
const lead = (holderIdentity: string, ago: number): Promise<void> =>
  world.create('/apis/coordination.k8s.io/v1/namespaces/podway-system/leases', {
    metadata: { name: 'podway-controller', namespace: 'podway-system' },
    spec: {
      holderIdentity,
      leaseDurationSeconds: 15,
      renewTime: new Date(Date.now() - ago).toISOString().replace('Z', '000Z'),
    },
  })

test('writes what the plan says, records it, makes instances forward; a second time there is nothing to do', async () => {
  const { aws, cluster } = world
  const tables = [await aws.addTable('a'), await aws.addTable('b')]
  const one = await world.join('node-1', '10.244.1.0/24')
  const two = await world.join('node-2', '10.244.2.0/24')
  for (const table of tables) await aws.stealRoute(table, parseCidr('10.244.9.0/24'), two.machine)
  const ids = tables.map(({ id }) => id)
  cluster.addRecord('10.244.9.0/24', { name: 'node-9', uid: 'gone' }, two.machine.target, ids)
  const { code, stderr, stdout } = await apply('--yes')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('Plan: 4 to create, 0 to replace, 2 to delete; 0 unchanged.')
  expect(stdout).toMatch(/\nDone: 4 created, 0 replaced, 2 deleted, 2 made to forward\.\n$/)
  expect(cluster.record('v4-10-244-1-0-24')).toMatchObject({
    spec: {
      node: { name: 'node-1' },
      target: { id: one.machine.target.id },
      tables: tables.map(({ id }) => id).sort(),
    },
    status: { tables: [{ state: 'Programmed' }, { state: 'Programmed' }] },
  })
  expect(await aws.forwards(one.machine)).toBe(true)
  // The Lease is given back.
  const writes = aws.writes()
  cluster.forgetCalls()
  const again = await apply('--yes')
  expect(again).toMatchObject({ code: 0, stderr: '' })
  expect(again.stdout).toMatch(/Nothing to do: .*\n(.*\n)*Done: 0 created, 0 replaced, 0 deleted\.\n$/)
  expect(aws.writes()).toBe(writes)
  expect(cluster.writes.filter((write) => !write.includes('leases'))).toEqual([])
})

test('without a terminal and without --yes it shows the plan, and refuses with the remedy', async () => {
  const table = await world.aws.addTable('a')
  await world.join('node-1', '10.244.1.0/24')
  const { code, stderr, stdout } = await apply()
  expect(code).toBe(1)
  expect(stdout).toContain('Plan: 1 to create')
  expect(stderr).toMatch(/^podway: nothing was done: there is no terminal to ask at.*--yes\n$/)
  expect(await destinationsOf(table)).toEqual([])
  expect(world.cluster.writes).toEqual([])
})

test('what a cloud refuses is told, the rest is done, and the exit code is 1', async () => {
  const { aws } = world
  const table = await aws.addTable('a')
  await world.join('node-1', '10.244.1.0/24')
  await world.join('node-2', '10.244.2.0/24')
  aws.failNext('create', 'unauthorized')
  const { code, stderr, stdout } = await apply('--yes', '--output', 'json')
  expect(code).toBe(1)
  expect(stderr).toBe('podway: 1 of 2 changes could not be made\n')
  const { routes } = JSON.parse(stdout) as ApplyDocument
  expect(routes.map(({ result }) => result).sort()).toEqual(['done', 'failed'])
  expect(routes.find(({ result }) => result === 'failed')?.message).toContain('ec2:CreateRoute')
  expect(await destinationsOf(table)).toHaveLength(1)
  expect((await apply('--yes')).stdout).toMatch(/Done: 1 created/)
  expect(await destinationsOf(table)).toEqual(['10.244.1.0/24', '10.244.2.0/24'])
})

test.each(['throttled', 'lost'] as const)('%s: it is tried again, and done', async (failure) => {
  const table = await world.aws.addTable('a')
  await world.join('node-1', '10.244.1.0/24')
  world.aws.failNext('create', failure)
  const { code, stdout } = await apply('--yes')
  expect([code, stdout]).toEqual([0, expect.stringContaining('Done: 1 created')])
  expect(await destinationsOf(table)).toEqual(['10.244.1.0/24'])
})

test('before podway is installed there is no namespace, and so no Lease', async () => {
  await using other = await AwsCommandWorld.open()
  await other.aws.addTable('a')
  await other.join('node-1', '10.244.1.0/24')
  expect((await other.run('apply', '--yes')).stdout).toContain('Done: 1 created')
  expect(other.cluster.writes.filter((write) => write.includes('leases'))).toEqual([])
})

test('a controller at work: nothing is done, and it is named', async () => {
  const table = await world.aws.addTable('a')
  await world.join('node-1', '10.244.1.0/24')
  await lead('controller-1', 1_000)
  const { code, stderr, stdout } = await apply('--yes')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /the controller controller-1 is at work .*podway-system\/podway-controller.*stop it first/,
  )
  expect(await destinationsOf(table)).toEqual([])
})

test('more deletes than the brake lets pass stay, and are told', async () => {
  const { aws, cluster } = world
  const table = await aws.addTable('a')
  const { machine } = await world.join('node-0', '10.244.0.0/24')
  for (let index = 1; index <= 12; index++) {
    const destination = `10.244.${index}.0/24`
    await aws.stealRoute(table, parseCidr(destination), machine)
    cluster.addRecord(destination, { name: `node-${index}`, uid: `u${index}` }, machine.target, [table.id])
  }
  const { code, stdout } = await apply('--yes')
  expect(code).toBe(0)
  expect(stdout).toContain('Plan: 1 to create, 0 to replace, 0 to delete; 0 unchanged, 12 held back.')
  expect(stdout).toMatch(/- delete +10\.244\.12\.0\/24 .*held back: too many routes/)
  expect(await destinationsOf(table)).toHaveLength(13)
  expect(cluster.record('v4-10-244-3-0-24')?.status?.tables).toMatchObject([
    { state: 'Held', reason: 'DeleteBrake' },
  ])
})

/** Node-0 to node-`count`, in a file without podCIDRs. */
async function nodeFile(count: number): Promise<readonly string[]> {
  const documents: string[] = []
  for (let index = 0; index < count; index++) {
    const { view } = await world.aws.addNode(`node-${index}`)
    documents.push(
      `kind: Node\nmetadata: { name: node-${index} }\nspec: { providerID: '${view.providerID}' }\n`,
    )
  }
  const nodes = world.file('nodes.yaml', documents.join('---\n'))
  return ['--nodes', nodes, '--state', join(world.folder, 'routes.json'), '--cluster-cidr', '10.244.0.0/16']
}

test('before there is an API server: routes, a state file, and what is to be put into the Nodes', async () => {
  const table = await world.aws.addTable('a')
  const flags = [...(await nodeFile(2)), '--kubeconfig', '/nonexistent', '--yes']
  const { code, stderr, stdout } = await apply(...flags)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain(
    'To be put into the Nodes (spec.podCIDRs, or the kubelet’s --pod-cidr)\nNODE     PODCIDRS\nnode-0   10.244.0.0/24\nnode-1   10.244.1.0/24\n',
  )
  expect(await destinationsOf(table)).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
  const state = join(world.folder, 'routes.json')
  const recorded = readFileSync(state, 'utf8')
  expect(existsSync(`${state}.lock`)).toBe(false)
  const writes = world.aws.writes()
  const again = await apply(...flags)
  expect(again.stdout).toMatch(/Nothing to do: 2 unchanged\.\n/)
  expect(again.code).toBe(0)
  expect(world.aws.writes()).toBe(writes)
  expect(readFileSync(state, 'utf8')).toBe(recorded)
  expect(world.cluster.calls).toEqual([])
})

test('killed at any moment, it is enough to run it again', { timeout: 120_000 }, async () => {
  const table = await world.aws.addTable('a')
  const count = 20
  const flags = [...(await nodeFile(count)), '--yes']
  const expected = Array.from({ length: count }, (_, index) =>
    formatCidr(parseCidr(`10.244.${index}.0/24`)),
  ).sort()
  for (const writesBefore of [1, 8]) {
    const start = world.aws.callsOf('CreateRoute').length
    const child = spawn(process.execPath, [program, 'apply', ...world.flags, ...flags], {
      stdio: 'ignore',
      env: process.env,
    })
    const ended = once(child, 'exit')
    const isThere = (): boolean => world.aws.callsOf('CreateRoute').length >= start + writesBefore
    while (!isThere() && child.exitCode === null) await new Promise(setImmediate)
    child.kill('SIGKILL')
    await ended
  }
  const { code, stdout } = await apply(...flags)
  expect([code, stdout]).toEqual([0, expect.stringMatching(/Done|Nothing to do/)])
  expect(await destinationsOf(table)).toEqual(expected)
  const { routes } = JSON.parse(readFileSync(join(world.folder, 'routes.json'), 'utf8')) as {
    readonly routes: readonly {
      readonly spec: { readonly tables: readonly string[] }
      readonly status: { readonly tables: readonly { readonly state: string }[] }
    }[]
  }
  expect(routes.map(({ spec, status }) => [spec.tables, status.tables.map(({ state }) => state)])).toEqual(
    Array.from({ length: count }, () => [[table.id], ['Programmed']]),
  )
  expect((await world.run('plan', ...flags.filter((flag) => flag !== '--yes'))).code).toBe(0)
})

test.each<[args: readonly string[], text: string]>([
  [['--output', 'json'], '--output=json takes --yes'],
  [['--cluster-cidr', '10.244.0.0/16'], 'take --nodes'],
  [['--nodes', 'x'], 'takes --state'],
])('%j: wrong usage, exit code 64', async (args, text) => {
  const { code, stderr, stdout } = await apply(...args)
  expect([code, stdout]).toEqual([64, ''])
  expect(stderr).toContain(text)
})
