import { describe, expect, test } from 'vitest'
import { formatCidr } from '../net/cidr.ts'
import { type AgentConfig, readAgentConfig } from './agent-config.ts'
import type { Environment } from './settings/from-environment.ts'
import { runMain } from './testing/run-main.ts'
import { type Texts, told } from './testing/told.ts'

const usual: Texts = { nodeName: 'node-1' }

const read = (texts: Texts, environment: Environment = {}): AgentConfig =>
  told('agent', texts, readAgentConfig, environment)

test('what is said', () => {
  const config = read({
    ...usual,
    masquerade: 'ipv4',
    randomFully: 'false',
    blockMetadata: 'true',
    nonMasqueradeCidrs: '192.168.0.0/16,fd00::/8',
    mtu: '1400',
    metricsBindAddress: '0',
  })
  expect(config).toMatchObject({
    nodeName: 'node-1',
    masquerade: [4],
    randomFully: false,
    blockMetadata: true,
    antiSpoofing: true,
    mtu: 1400,
    probePort: 10_279,
    metricsBindAddress: undefined,
  })
  expect(config.nonMasqueradeCidrs.map(formatCidr)).toEqual(['192.168.0.0/16', 'fd00::/8'])
})

test.each([
  ['both', [4, 6]],
  ['ipv6', [6]],
  ['none', []],
])('--masquerade=%s', (masquerade, families) => {
  expect(read({ ...usual, masquerade }).masquerade).toEqual(families)
})

test('the Node’s name by the environment; the flag goes before', () => {
  const nameless = {}
  const env = { NODE_NAME: 'node-2' }
  expect(read(nameless, env).nodeName).toBe('node-2')
  expect(read({ ...nameless, ...usual }, env).nodeName).toBe('node-1')
})

test('without probing there is no port', () => {
  expect(read({ ...usual, probe: 'false' }).probePort).toBeUndefined()
})

test.each<[flags: Texts, mesh: unknown]>([
  [{}, undefined],
  [{ reachability: 'mesh' }, { force: false, sourceDestCheckOff: false }],
  [
    { reachability: 'mesh', meshForce: true },
    { force: true, sourceDestCheckOff: false },
  ],
  [
    { reachability: 'mesh', meshSourceDestinationCheckOff: true },
    { force: false, sourceDestCheckOff: true },
  ],
])('the mesh of %j', (flags, mesh) => {
  expect(read({ ...usual, ...flags }).mesh).toEqual(mesh)
})

describe('wrong usage', () => {
  test.each<[flags: Texts, message: string]>([
    [{ nodeName: '' }, '--node-name=: expected the name of a Node'],
    [{ nodeName: undefined }, '--node-name is required'],
    [{ nodeName: 'Node 1' }, '--node-name=Node 1: expected the name of a Node'],
    [{ socket: 'serve.sock' }, '--socket=serve.sock: expected an absolute path'],
    [{ socket: `/${'x'.repeat(107)}` }, 'expected an absolute path of at most 107 bytes'],
    [{ masquerade: 'yes' }, '--masquerade=yes: expected one of both, ipv4, ipv6, none'],
    [{ nonMasqueradeCidrs: '10.0.0.1/8' }, '--non-masquerade-cidrs'],
    [{ mtu: '1279' }, '--mtu=1279: expected a whole number from 1280 to 65535'],
    [{ probePort: '0' }, '--probe-port=0'],
    [{ antiSpoofing: 'maybe' }, '--anti-spoofing=maybe: expected true or false'],
    [{ metricsBindAddress: 'x' }, '--metrics-bind-address=x'],
    [{ reachability: 'bgp' }, '--reachability=bgp: expected one of external, mesh'],
    [{ meshForce: true }, '--mesh-force means nothing without --reachability=mesh'],
    [
      { meshSourceDestinationCheckOff: true },
      '--mesh-source-destination-check-off means nothing without --reachability=mesh',
    ],
    [{ logLevel: 'loud' }, '--log-level=loud'],
  ])('%j', (flags, message) => {
    expect(() => read({ ...usual, ...flags })).toThrow(message)
  })

  test.each<[args: readonly string[], text: string]>([
    [['agent'], '--node-name is required'],
    [['agent', 'install'], 'too many arguments'],
    [['agent', 'uninstall', '--socket', 'x'], '--socket=x: expected an absolute path'],
  ])('podway %j', async (args, message) => {
    const { code, stderr } = await runMain(args)
    expect([code, stderr]).toEqual([64, expect.stringContaining(message)])
  })
})
