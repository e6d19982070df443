import fc from 'fast-check'
import { pods } from './pod-host.ts'
import {
  HOST,
  type PlannedCall,
  type PluginName,
  type Previous,
  type Scenario,
  type Tampering,
} from './scenario.ts'

// What is drawn is narrow on purpose: few networks and few addresses, so that they meet.

const network4 = ['10.1.2.0/29', '10.1.2.0/30', '10.1.2.8/29', '10.1.3.0/24'] as const
const network6 = ['fd00:1::/64', 'fd00:2::/126', 'FD00:3:0::/66'] as const
const strangeNetworks = [
  '10.1.2.5/29',
  '10.1.2.0/31',
  '10.1.2.0/32',
  '10.1.2.0/33',
  '10.1.2.0/-1',
  '10.01.2.0/24',
  '10.1.2.0',
  '10.1.2/24',
  'fd00:1::1/64',
  'fd00:1::/127',
  'fd00:1::/129',
  '::ffff:10.1.2.0/120',
  'nonsense',
  '',
  ' 10.1.2.0/29',
] as const
const addresses = [
  '10.1.2.1',
  '10.1.2.2',
  '10.1.2.3',
  '10.1.2.6',
  '10.1.2.7',
  '10.1.2.10',
  '10.1.3.77',
  '10.9.9.9',
  'fd00:1::1',
  'fd00:1::5',
  'fd00:2::2',
  'fd00:2:0::3',
  '::ffff:10.1.2.3',
] as const
const strangeAddresses = ['10.1.2', '10.1.2.256', 'x', '', '::', '0.0.0.0', 'fd00::1::2'] as const

const rarely = <T>(strange: fc.Arbitrary<T>, usual: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: 25 }, { arbitrary: strange, weight: 1 })
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: fc.constant(usual), weight: 6 },
    { arbitrary: fc.constantFrom(usual, ...others), weight: 1 },
  )

/** Undefined but once in a while. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: oneIn - 1 }, { arbitrary, weight: 1 })

const anyAddress = rarely(fc.constantFrom<string>(...strangeAddresses), fc.constantFrom<string>(...addresses))
const withLength = fc
  .tuple(anyAddress, fc.constantFrom('', '', '/24', '/64', '/33', '/x'))
  .map(([address, length]) => address + length)

const range = (networks: readonly string[]): fc.Arbitrary<object> =>
  fc.oneof(
    { arbitrary: fc.record({ subnet: fc.constantFrom(...networks) }), weight: 4 },
    {
      arbitrary: fc.record(
        {
          subnet: rarely(fc.constantFrom<string>(...strangeNetworks), fc.constantFrom(...networks)),
          rangeStart: anyAddress,
          rangeEnd: anyAddress,
          gateway: anyAddress,
        },
        { requiredKeys: ['subnet'] },
      ),
      weight: 2,
    },
  )

const rangeSet = fc.oneof(
  { arbitrary: fc.array(range(network4), { minLength: 1, maxLength: 1 }), weight: 6 },
  { arbitrary: fc.array(range(network6), { minLength: 1, maxLength: 1 }), weight: 4 },
  { arbitrary: fc.array(range([...network4, ...network6]), { maxLength: 3 }), weight: 1 },
)
const rangeSets = fc.oneof(
  { arbitrary: fc.array(rangeSet, { minLength: 1, maxLength: 2 }), weight: 6 },
  { arbitrary: fc.array(rangeSet, { maxLength: 3 }), weight: 1 },
)

const route = fc.oneof(
  {
    arbitrary: fc.constantFrom<object>(
      { dst: '0.0.0.0/0' },
      { dst: '::/0' },
      { dst: '192.168.0.0/16' },
      { dst: '1.2.3.4/32' },
      { dst: 'fd77::/64' },
    ),
    weight: 6,
  },
  {
    arbitrary: fc.record(
      {
        dst: fc.constantFrom('0.0.0.0/0', '192.168.0.0/16', '10.55.5.5/16', '::/0', 'fd77::/64', 'x', ''),
        gw: anyAddress,
        priority: fc.constantFrom(0, 77, -1),
        table: fc.constantFrom(0, 100, 1000),
        scope: fc.constantFrom(0, 253, 300),
      },
      { requiredKeys: ['dst'] },
    ),
    weight: 1,
  },
)

const dns = fc.record(
  {
    nameservers: fc.constantFrom(['192.0.2.53'], [], ['192.0.2.53', 'fd00::53']),
    domain: fc.constantFrom('example.net', ''),
    search: fc.constantFrom(['example.net', 'example.org'], []),
    options: fc.constantFrom(['ndots:5'], []),
  },
  { requiredKeys: [] },
)

const resolvConf =
  'nameserver 192.0.2.1\n# a comment\nsearch a.example b.example\n\toptions\tndots:2 rotate\ndomain a.example\n'

const hostLocal = fc
  .tuple(
    fc.record(
      {
        ranges: rangeSets,
        routes: fc.array(route, { maxLength: 3 }),
        resolvConf: fc.constantFrom(`/run/pod-hosts/${HOST}/resolv.conf`, `/run/pod-hosts/${HOST}/missing`),
      },
      { requiredKeys: ['ranges'] },
    ),
    seldom(range([...network4, ...network6]), 6),
    fc.boolean(),
  )
  .map(([fields, flat, both]) => ({
    type: 'host-local',
    dataDir: `/run/pod-hosts/${HOST}/data`,
    ...flat,
    ...fields,
    ...(flat !== undefined && !both ? { ranges: undefined } : {}),
  }))

const staticIpam = fc
  .record(
    {
      addresses: fc.array(
        fc.record(
          {
            address: rarely(
              fc.constantFrom('10.1.2.5', '10.1.2.5/33', 'x', ''),
              fc.constantFrom('10.1.2.5/29', '10.1.3.5/24', 'fd00:1::5/64', '10.1.2.6/32'),
            ),
            gateway: anyAddress,
          },
          { requiredKeys: ['address'] },
        ),
        { maxLength: 2 },
      ),
      routes: fc.array(route, { maxLength: 2 }),
      dns,
    },
    { requiredKeys: ['addresses'] },
  )
  .map((fields) => ({ type: 'static', ...fields }))

const version = fc.oneof(
  { arbitrary: fc.constantFrom('1.1.0', '1.0.0', '0.4.0', '0.3.1'), weight: 12 },
  { arbitrary: fc.constantFrom('0.3.0', '0.2.0', '0.1.0'), weight: 3 },
  {
    arbitrary: fc.constantFrom<unknown>(
      '',
      '1.2.0',
      '0.4.1',
      '2.0.0',
      '1.0',
      'x',
      '01.0.0',
      '1.0.0.0',
      null,
      undefined,
    ),
    weight: 1,
  },
)

const runtimeConfig = fc.record(
  { ips: fc.array(withLength, { maxLength: 1 }), ipRanges: rangeSets, mac: fc.constant('02:00:00:00:00:07') },
  { requiredKeys: [] },
)

/** Puts something else in the place of one value, somewhere in the configuration: a wrong type, mostly. */
function spoil(config: object, at: number, value: unknown): object {
  const copy = structuredClone(config) as Record<string, unknown>
  const places: { readonly parent: Record<string, unknown>; readonly key: string }[] = []
  const visit = (parent: Record<string, unknown>): void => {
    for (const [key, inner] of Object.entries(parent)) {
      places.push({ parent, key })
      if (typeof inner === 'object' && inner !== null) visit(inner as Record<string, unknown>)
    }
  }
  visit(copy)
  const place = places[at % places.length]
  if (place !== undefined && place.key !== 'dataDir') place.parent[place.key] = value
  return copy
}

const spoiled = fc.record({
  at: fc.nat(60),
  value: fc.constantFrom<unknown>(null, 5, -1, 1.5, 'text', '', true, [], {}, [null], [5], { subnet: 5 }),
})

const ipamOf = (plugin: PluginName): fc.Arbitrary<object | undefined> => {
  switch (plugin) {
    case 'ptp':
      return fc.oneof({ arbitrary: hostLocal, weight: 8 }, { arbitrary: staticIpam, weight: 1 })
    case 'host-local':
      return hostLocal
    case 'static':
      return staticIpam
    case 'loopback':
      return fc.constant(undefined)
  }
}

const configOf = (plugin: PluginName): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc
    .tuple(
      fc.record(
        {
          cniVersion: version,
          name: rarely(fc.constantFrom<string>('', 'a/b', '..', 'a b'), fc.constant('net')),
          ipam: ipamOf(plugin),
          mtu: fc.constantFrom(0, 1400, 5000, 68, -1, 70000),
          dns,
          runtimeConfig,
          args: fc.record({ cni: fc.record({ ips: fc.array(withLength, { maxLength: 1 }) }) }),
        },
        { requiredKeys: ['cniVersion', 'name', 'ipam'] },
      ),
      fc.subarray(['mtu', 'dns', 'runtimeConfig', 'args'] as const, { maxLength: 2 }),
      seldom(spoiled, 6),
    )
    .map(([fields, kept, wrong]) => {
      const { mtu: _mtu, dns: _dns, runtimeConfig: _runtime, args: _args, ...needed } = fields
      const chosen = Object.fromEntries(kept.map((key) => [key, fields[key]]))
      const config = { ...needed, type: plugin, ...chosen }
      return (wrong === undefined ? config : spoil(config, wrong.at, wrong.value)) as Record<string, unknown>
    })

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
    path: fc.constantFrom(
      'data/net/10.1.2.2',
      'data/net/10.1.2.3',
      'data/net/last_reserved_ip.0',
      'data/net/note',
    ),
    text: fc.constantFrom(undefined, 'other\r\neth0', 'pod-0', '10.1.2.5', 'pod-1\r\neth0\n'),
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

const callOf = (plugin: PluginName): fc.Arbitrary<PlannedCall> =>
  fc
    .record({
      verb,
      pod: fc.oneof({ arbitrary: fc.constant(0 as const), weight: 3 }, { arbitrary: pod, weight: 2 }),
      ifName: plugin === 'loopback' ? mostly('lo', 'eth0') : mostly('eth0', 'net1'),
      before: seldom(tampering, 5),
      previous,
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
    .map(({ attachments, ...call }) => ({
      ...call,
      // libcni passes a previous result to those three only.
      previous:
        ['CHECK', 'DEL'].includes(call.verb) || plugin === 'loopback'
          ? call.previous
          : { kind: 'none' as const },
      fields:
        call.verb === 'GC' && attachments !== undefined
          ? { ...call.fields, 'cni.dev/valid-attachments': attachments }
          : call.fields,
    }))

const reservation = fc.constantFrom('other\r\neth0', 'pod-0', 'pod-0\r\neth0', 'pod-1\r\neth0\r\n', 'x')
const lastReserved = fc.constantFrom('10.1.2.4', '10.1.2.6', 'fd00:1::5', 'fd00:2::2', '10.9.9.9', 'x')

/** What earlier calls have left, or other programs. */
const files = fc.oneof(
  { arbitrary: fc.constant({}), weight: 3 },
  {
    arbitrary: fc.record(
      {
        'data/net/10.1.2.2': reservation,
        'data/net/10.1.2.3': reservation,
        'data/net/10.1.2.4': reservation,
        'data/net/fd00:1::2': reservation,
        'data/net/note': reservation,
        'data/net/last_reserved_ip.0': lastReserved,
        'data/net/last_reserved_ip.1': lastReserved,
      },
      { requiredKeys: [] },
    ),
    weight: 1,
  },
)

/** A scenario of that plugin: mostly a sound one, with something wrong in it now and then. */
export const scenarioOf = (plugin: PluginName): fc.Arbitrary<Scenario> =>
  fc.record({
    plugin: fc.constant(plugin),
    files: files.map((some) => ({ ...some, 'resolv.conf': resolvConf })),
    config: configOf(plugin),
    calls: fc.array(callOf(plugin), { minLength: 1, maxLength: 5 }),
  })
