import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseCidr } from '../../net/cidr.ts'
import { AwsCommandWorld } from '../testing/aws-command-world.ts'
import { PseudoTerminal } from '../testing/pseudo-terminal.ts'

/** The program as a person sees it: at a pseudo-terminal, before the simulators, by real sockets. */

const wide = { columns: 120, rows: 30 }
const narrow = { columns: 60, rows: 40 }
/** ECMA-48 SGR. */
// eslint-disable-next-line no-control-regex -- It is what is looked for.
const colour = /\u001b\[\d+m/

let world: AwsCommandWorld
beforeEach(async () => {
  world = await AwsCommandWorld.open()
  const { aws, cluster } = world
  const table = await aws.addTable('private')
  const one = await world.join('node-1', '10.244.1.0/24')
  await world.join('node-2', '10.244.2.0/24')
  const three = await world.join('node-3', '10.244.3.0/24')
  await world.join('node-4')
  await aws.stealRoute(table, parseCidr('10.244.1.0/24'), one.machine)
  await aws.stealRoute(table, parseCidr('10.244.3.0/24'), one.machine)
  await aws.stealRoute(table, parseCidr('10.244.9.0/24'), three.machine)
  cluster.addRecord('10.244.9.0/24', { name: 'node-9', uid: 'gone' }, three.machine.target, [table.id])
})
afterEach(() => world[Symbol.asyncDispose]())

const at = (
  command: string,
  more: readonly string[] = [],
  size = wide,
  env: Readonly<Record<string, string>> = {},
): PseudoTerminal =>
  new PseudoTerminal([command, ...(command === 'status' ? [] : world.flags), ...more], size, env)

test('plan: in colours', async () => {
  await using terminal = at('plan')
  expect(await terminal.ended()).toBe(2)
  expect(await terminal.screen()).toMatchSnapshot()
  expect(terminal.raw).toMatch(colour)
})

test('plan: NO_COLOR', async () => {
  await using terminal = at('plan', [], wide, { NO_COLOR: '1' })
  expect(await terminal.ended()).toBe(2)
  expect(terminal.raw).not.toMatch(colour)
  expect(await terminal.screen()).toContain('+ create')
})

test('plan: on a narrow terminal the rows of its tables stay lines', async () => {
  await using terminal = at('plan', [], narrow)
  expect(await terminal.ended()).toBe(2)
  const screen = await terminal.screen()
  expect(screen).toMatchSnapshot()
  expect(screen.split('\n').filter((line) => /^[+!-] /.test(line))).toEqual([
    expect.stringMatching(/10\.244\.2\.0\/24 .*it is/),
    expect.stringMatching(/10\.244\.3\.0\/24 .*a route/),
    expect.stringMatching(/10\.244\.9\.0\/24 .*no Node/),
  ])
})

test('plan: into a pipe nothing is cut, and nothing is coloured', async () => {
  const { stdout } = await world.run('plan')
  expect(stdout).toContain('remove it, or adopt it\n')
  expect(stdout).not.toMatch(colour)
})

test('apply: the question, answered yes', async () => {
  await using terminal = at('apply')
  await terminal.until(/Only "yes" is taken for it:$/m)
  terminal.type('yes\n')
  expect(await terminal.ended()).toBe(0)
  expect(await terminal.screen()).toMatchSnapshot()
  expect(world.cluster.record('v4-10-244-2-0-24')?.status?.tables).toMatchObject([{ state: 'Programmed' }])
})

test.each([
  ['no', 'no\n'],
  ['y', 'y\n'],
  ['the end of input', '\u0004'],
])('apply: the question, answered by %s', async (_name, keys) => {
  const writes = world.aws.writes()
  await using terminal = at('apply')
  await terminal.until(/Only "yes" is taken for it:$/m)
  terminal.type(keys)
  expect(await terminal.ended()).toBe(1)
  expect(await terminal.screen()).toMatch(/podway: nothing was done: the answer was not yes$/)
  expect(world.aws.writes()).toBe(writes)
})

test('apply: Ctrl-C at the question', async () => {
  const writes = world.aws.writes()
  await using terminal = at('apply')
  await terminal.until(/Only "yes" is taken for it:$/m)
  terminal.type('\u0003')
  expect(await terminal.ended()).toBe(1)
  expect(await terminal.screen()).toMatch(/podway: stopped by SIGINT$/)
  expect(world.aws.writes()).toBe(writes)
})

test('status --watch: drawn anew when something changes', async () => {
  await using terminal = at('status', ['--watch'])
  await terminal.until(/Of Nodes that are gone/)
  expect(await terminal.screen()).toMatchSnapshot()
  world.cluster.deleteNode('node-4')
  await terminal.until(/Nodes: 0 of 3/)
  const screen = await terminal.screen()
  expect(screen).not.toContain('node-4')
  expect(screen.split('\n').filter((line) => line.startsWith('Controller:'))).toHaveLength(1)
  terminal.type('\u0003')
  expect(await terminal.ended()).toBe(0)
})
