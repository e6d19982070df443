import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StatusDocument } from '../documents/status-document.ts'
import { podwayKeyId } from '../../test/conformance/aws-world.ts'
import { AwsCommandWorld } from '../testing/aws-command-world.ts'
import { runMain } from '../testing/run-main.ts'

const program = fileURLToPath(new URL('../../bin/podway.js', import.meta.url))

let world: AwsCommandWorld
beforeEach(async () => {
  world = await AwsCommandWorld.open()
  const { cluster } = world
  const one = cluster.addNode('node-1', {
    podCIDRs: ['10.244.1.0/24', 'fd00:1::/64'],
    conditions: [{ type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated', message: 'all' }],
  })
  const two = cluster.addNode('node-2', {
    podCIDRs: ['10.244.2.0/24'],
    conditions: [
      { type: 'NetworkUnavailable', status: 'True', reason: 'RouteTableFull', message: 'the table is full' },
    ],
  })
  cluster.addNode('node-3')
  const ref = ({ metadata: { name, uid } }: typeof one) => ({ name, uid })
  cluster.addRecord('10.244.1.0/24', ref(one), 'i-1', ['rtb-a', 'rtb-b'])
  cluster.addRecord('fd00:1::/64', ref(one), 'i-1', ['rtb-a', 'rtb-b'])
  cluster.addRecord('10.244.2.0/24', ref(two), 'i-2', ['rtb-a', 'rtb-b'])
  await world.world.settle('10.244.2.0/24', {
    'rtb-a': { state: 'Programmed', reason: 'Programmed' },
    'rtb-b': { state: 'Failed', reason: 'RouteTableFull', message: 'no room' },
  })
  cluster.addRecord('10.244.9.0/24', { name: 'gone', uid: 'gone' }, 'i-9', ['rtb-a'])
  await world.world.settle('10.244.9.0/24', { 'rtb-a': { state: 'Held', reason: 'DeleteBrake' } })
  cluster.forgetCalls()
})
afterEach(() => world[Symbol.asyncDispose]())

test('what is wrong first, then what is well; no cloud is asked, nothing is written', async () => {
  const { code, stderr, stdout } = await runMain(['status'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`Controller: none is at work
Nodes: 1 of 3 are routed; routes: 1 Failed, 1 Held, 5 Programmed

TABLE   ROUTES   STATES
rtb-a   4        1 Held, 3 Programmed
rtb-b   3        1 Failed, 2 Programmed

NODE     ROUTED   PODCIDR         rtb-a        rtb-b        WAITS FOR
node-2   no       10.244.2.0/24   Programmed   Failed       the table is full
node-3   no       -               -            -            it has no podCIDR yet
node-1   yes      10.244.1.0/24   Programmed   Programmed   -
node-1   yes      fd00:1::/64     Programmed   Programmed   -

Of Nodes that are gone
NODE   PODCIDR         TABLES
gone   10.244.9.0/24   rtb-a Held (DeleteBrake)
`)
  const asked = world.aws.simulator.calls.filter(({ accessKeyId }) => accessKeyId === podwayKeyId)
  expect(asked).toEqual([])
  expect(world.cluster.writes).toEqual([])
})

test('for programs', async () => {
  const { stdout } = await runMain(['status', '--output', 'json'])
  expect(JSON.parse(stdout) as StatusDocument).toMatchObject({
    kind: 'Status',
    leader: null,
    summary: { nodes: 3, routed: 1, states: { Failed: 1, Held: 1, Programmed: 5 } },
    nodes: [
      {
        name: 'node-2',
        routed: false,
        condition: { reason: 'RouteTableFull' },
        routes: [{ tables: [{ table: 'rtb-a' }, { state: 'Failed', message: 'no room' }] }],
      },
      { name: 'node-3', waitsFor: 'it has no podCIDR yet' },
      { name: 'node-1', routed: true, waitsFor: null },
    ],
    leftovers: [{ node: 'gone', destination: '10.244.9.0/24' }],
  })
})

test.each([
  [1_000, /^Controller: controller-1, heard of \d s ago\n/],
  [3_600_000, /^Controller: controller-1, heard of 36\d\d s ago: it is silent\n/],
])('the leader, last heard of %i ms ago', async (ago, line) => {
  await world.create('/api/v1/namespaces', { metadata: { name: 'podway-system' } })
  const renewTime = new Date(Date.now() - ago).toISOString().replace('Z', '000Z')
  await world.create('/apis/coordination.k8s.io/v1/namespaces/podway-system/leases', {
    metadata: { name: 'podway-controller', namespace: 'podway-system' },
    spec: { holderIdentity: 'controller-1', leaseDurationSeconds: 15, renewTime },
  })
  expect((await runMain(['status'])).stdout).toMatch(line)
})

test('--watch into a pipe: a line for what has changed, until it is told to end', async () => {
  const child = spawn(process.execPath, [program, 'status', '--watch'], {
    env: process.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  child.stdout.setEncoding('utf8')
  let text = ''
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) {
      const [more] = (await once(child.stdout, 'data')) as [string]
      text += more
    }
  }
  await until(/\+ route 10\.244\.9\.0\/24 of gone in rtb-a Held DeleteBrake\n/)
  expect(text).toContain('+ node node-2 not routed: the table is full\n')
  text = ''
  await world.world.settle('10.244.2.0/24', {
    'rtb-a': { state: 'Programmed', reason: 'Programmed' },
    'rtb-b': { state: 'Programmed', reason: 'Programmed' },
  })
  await until(/\+ route 10\.244\.2\.0\/24 of node-2 in rtb-b Programmed/)
  expect(text).toBe(
    '- route 10.244.2.0/24 of node-2 in rtb-b Failed RouteTableFull no room\n+ route 10.244.2.0/24 of node-2 in rtb-b Programmed Programmed\n',
  )
  child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
})

test.each<[args: readonly string[], text: string]>([
  [['--nodes', 'x'], 'takes --state'],
  [['--watch', '--output', 'json'], '--watch follows the API server'],
  [['--output', 'xml'], 'expected one of table, json, yaml'],
])('%j: wrong usage', async (args, text) => {
  const { code, stderr } = await runMain(['status', ...args])
  expect([code, stderr]).toEqual([64, expect.stringContaining(text)])
})
