import fc from 'fast-check'
import { pods } from '../pod-host.ts'
import { HOST, type PlannedCall, type PluginName, type Previous, type Tampering } from '../scenario.ts'
import { mostly, rarely, seldom } from './chance.ts'

const pod = fc.constantFrom(...pods)

const tampering = fc.oneof(
  fc.record({
    kind: fc.constantFrom('link gone', 'link down', 'other mac', 'netns gone', 'link taken'),
    pod,
  }),
  fc.record({ kind: fc.constant('address gone'), pod, family: fc.constantFrom(4, 6) }),
  fc.record({ kind: fc.constant('route gone'), pod, route: fc.constantFrom('default', '192.168.0.0/16') }),
  fc.record({
    kind: fc.constant('file'),
    path: fc.constantFrom('data/net/10.1.2.2', 'data/net/10.1.2.3', 'data/net/note'),
    text: fc.constantFrom(undefined, 'other\r\neth0', 'pod-0', 'pod-1\r\neth0\n'),
  }),
) as fc.Arbitrary<Tampering>

const previous: fc.Arbitrary<Previous> = fc.oneof(
  { arbitrary: fc.constant<Previous>({ kind: 'own' }), weight: 6 },
  { arbitrary: fc.constantFrom<Previous>({ kind: 'none' }, { kind: 'other pod’s' }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant('changed' as const),
      field: fc.constantFrom('interfaces', 'ips', 'routes', 'cniVersion'),
      value: fc.constantFrom<unknown>(
        [],
        null,
        5,
        [{ dst: '203.0.113.0/24' }],
        [{ address: '10.1.2.77/24', gateway: '10.1.2.1', interface: 1 }],
        [{ name: 'eth0', sandbox: '/elsewhere' }],
        '0.4.0',
      ),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('invented' as const),
      result: fc.constantFrom(null, {}, 5, []),
    }),
    weight: 1,
  },
)

const environment = fc.oneof(
  { arbitrary: fc.constant<Record<string, string | null>>({}), weight: 10 },
  {
    arbitrary: fc
      .constantFrom(
        'IP=10.1.2.3',
        'IP=10.1.2.3/24',
        'IP=fd00:1::5',
        'IP=10.9.9.9',
        'IP=',
        'IP=x',
        'IP',
        'IgnoreUnknown=1;K8S_POD_NAME=x;IP=10.1.2.4',
        'IgnoreUnknown=true;MAC=02:00:00:00:00:01',
        'IgnoreUnknown=maybe;K8S_POD_NAME=x',
        'K8S_POD_NAME=x',
        'GATEWAY=10.1.2.1',
        ';',
      )
      .map((args) => ({ CNI_ARGS: args })),
    weight: 4,
  },
  {
    arbitrary: fc
      .subarray(['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH', 'CNI_COMMAND'], { minLength: 1 })
      .map((names) => Object.fromEntries(names.map((name) => [name, null]))),
    weight: 1,
  },
  {
    arbitrary: fc.constantFrom<Record<string, string>>(
      { CNI_CONTAINERID: 'a b' },
      { CNI_CONTAINERID: '../x' },
      { CNI_CONTAINERID: '.x' },
      { CNI_CONTAINERID: 'pöd' },
      { CNI_IFNAME: 'sixteen-letters-' },
      { CNI_IFNAME: 'eth/0' },
      { CNI_IFNAME: '..' },
      { CNI_IFNAME: 'eth 0' },
      { CNI_IFNAME: 'eth\t0' },
      { CNI_NETNS: '' },
      { CNI_NETNS: '/run/netns/missing' },
      { CNI_NETNS: '/dev/null' },
      { CNI_NETNS: '/dev/null/x' },
      { CNI_NETNS: `/run/netns/${HOST}-host` },
    ),
    weight: 2,
  },
)

const verb = fc.oneof(
  { arbitrary: fc.constant('ADD'), weight: 8 },
  { arbitrary: fc.constant('DEL'), weight: 6 },
  { arbitrary: fc.constant('CHECK'), weight: 4 },
  { arbitrary: fc.constantFrom('STATUS', 'GC'), weight: 2 },
  { arbitrary: fc.constantFrom('VERSION', 'BOGUS', 'add'), weight: 1 },
)

const attachments = fc.constantFrom<unknown>([{ containerID: 'pod-0', ifname: 'eth0' }], [], undefined, [
  { containerID: 'pod-1', ifname: 'eth0' },
  { containerID: 'pod-2', ifname: 'eth0' },
])

/** A call of that plugin. */
export const callOf = (plugin: PluginName): fc.Arbitrary<PlannedCall> =>
  fc
    .record({
      verb,
      pod: fc.oneof({ arbitrary: fc.constant(0 as const), weight: 3 }, { arbitrary: pod, weight: 2 }),
      ifName: plugin === 'loopback' ? mostly('lo', 'eth0') : mostly('eth0', 'net1'),
      before: seldom(tampering, 5),
      previous,
      chained: rarely(fc.constant(true), fc.constant(false)),
      environment,
      fields: fc.oneof(
        { arbitrary: fc.constant({}), weight: 12 },
        {
          arbitrary: fc.constantFrom<Record<string, unknown>>(
            { ipam: { type: 'host-local', dataDir: `/run/pod-hosts/${HOST}/data`, ranges: [] } },
            { cniVersion: '0.4.0' },
            { name: 'other' },
          ),
          weight: 1,
        },
      ),
      stdin: seldom(fc.constantFrom('', '{', 'null', '[]', '{"name":5}', '{"name":"net"}'), 30),
      attachments,
    })
    .map(({ attachments, chained, ...call }) => ({
      ...call,
      // For an ADD there is only one if another plugin came before: loopback passes it on, the others let go of it.
      previous:
        ['CHECK', 'DEL'].includes(call.verb) || plugin === 'loopback' || chained
          ? call.previous
          : { kind: 'none' as const },
      fields:
        call.verb === 'GC' && attachments !== undefined
          ? { ...call.fields, 'cni.dev/valid-attachments': attachments }
          : call.fields,
    }))
