import { HOST, type PlannedCall, type Scenario } from './scenario.ts'

const dataDir = `/run/pod-hosts/${HOST}/data`

const calling = (verb: string, call: Partial<PlannedCall> = {}): PlannedCall => ({
  verb,
  pod: 0,
  ifName: 'eth0',
  before: undefined,
  previous: { kind: 'none' },
  environment: {},
  fields: {},
  stdin: undefined,
  ...call,
})

const ptp = (ipam: object, calls: readonly PlannedCall[], fields: object = {}): Scenario => ({
  plugin: 'ptp',
  files: {},
  config: {
    cniVersion: '1.1.0',
    name: 'net',
    type: 'ptp',
    ipam: { type: 'host-local', dataDir, ...ipam },
    ...fields,
  },
  calls,
})

const usual = { ranges: [[{ subnet: '10.1.2.0/24' }], [{ subnet: 'fd00:1::/64' }]] }
const overlapping = { ranges: [[{ subnet: '10.1.2.0/24' }], [{ subnet: '10.1.2.0/25' }]] }

const hostLocal = {
  cniVersion: '1.1.0',
  name: 'net',
  type: 'host-local',
  ipam: { type: 'host-local', dataDir, ...usual },
}

/** Scenarios that show all that deviates: what none of them shows any more does not belong into the table. */
export const examples: readonly Scenario[] = [
  ptp(usual, [
    calling('ADD'),
    calling('CHECK', {
      fields: { ipam: { type: 'host-local', dataDir, ranges: [] } },
      previous: { kind: 'own' },
    }),
  ]),
  ptp(usual, [
    calling('ADD'),
    calling('DEL', { fields: { ipam: { type: 'host-local', dataDir, ...overlapping } } }),
  ]),
  ptp(usual, [calling('DEL'), calling('ADD', { environment: { CNI_NETNS: '/dev/null' } })]),
  ptp(usual, [calling('DEL', { environment: { CNI_NETNS: '/dev/null/x' } })]),
  ptp(usual, [calling('ADD'), calling('GC', { fields: { 'cni.dev/valid-attachments': [] } })]),
  // Where neither iptables nor nft is.
  ptp(usual, [calling('ADD', { environment: { PATH: '/usr/bin:/bin' } })], { ipMasq: true }),
  ptp(usual, [calling('ADD'), calling('ADD', { pod: 1, previous: { kind: 'other pod’s' } })]),
  ptp({ ranges: [[{ subnet: '10.1.2.0/29', rangeStart: '10.1.2.7' }]] }, [calling('ADD')]),
  ptp(overlapping, [calling('STATUS')]),
  ptp(overlapping, [calling('ADD')]),
  ptp({ ranges: [[{ subnet: '10.1.2.0/24', gateway: '::ffff:10.1.2.9' }]] }, [calling('ADD')]),
  ptp(
    {
      type: 'static',
      addresses: [{ address: '10.1.3.5/24', gateway: '10.1.2.1' }],
      routes: [{ dst: '1.2.3.4/32' }],
    },
    [calling('ADD')],
  ),
  {
    plugin: 'host-local',
    files: { 'data/net/10.9.9.9': 'pod-0\r\neth0' },
    config: hostLocal,
    calls: [calling('ADD', { environment: { CNI_ARGS: 'IP=10.7.7.7' } })],
  },
  {
    plugin: 'host-local',
    files: { 'data/net/10.1.2.9': 'pod-0', 'data/net/fd00:1::9': 'pod-0\r\neth0' },
    config: hostLocal,
    calls: [calling('DEL')],
  },
  {
    plugin: 'loopback',
    files: {},
    config: { cniVersion: '0.4.0', name: 'net', type: 'loopback' },
    calls: [
      calling('ADD', { ifName: 'lo' }),
      calling('ADD', { ifName: 'lo', environment: { CNI_NETNS: `/run/netns/${HOST}-host` } }),
    ],
  },
  {
    plugin: 'loopback',
    files: {},
    config: { cniVersion: '1.1.0', name: 'net', type: 'loopback', ipam: 5 },
    calls: [calling('ADD', { ifName: 'lo' })],
  },
  {
    plugin: 'loopback',
    files: {},
    config: { cniVersion: '1.1.0', name: 'net', type: 'loopback' },
    calls: [
      calling('ADD', { ifName: 'lo', pod: 1, fields: { cniVersion: '0.4.0' } }),
      calling('ADD', { ifName: 'lo', previous: { kind: 'other pod’s' } }),
    ],
  },
]
