import fc from 'fast-check'
import { HOST, type PluginName } from '../scenario.ts'
import { anyAddress, network4, network6, range, rangeSets, route, withLength } from './addresses.ts'
import { rarely, seldom } from './chance.ts'

const dns = fc.record(
  {
    nameservers: fc.constantFrom(['192.0.2.53'], [], ['192.0.2.53', 'fd00::53']),
    domain: fc.constantFrom('example.net', ''),
    search: fc.constantFrom(['example.net', 'example.org'], []),
    options: fc.constantFrom(['ndots:5'], []),
  },
  { requiredKeys: [] },
)

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
  // Without these nobody would be called, or the wrong folder be looked at.
  const isKept = place?.key === 'dataDir' || (place?.key === 'type' && place.parent === copy)
  if (place !== undefined && !isKept) place.parent[place.key] = value
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

/** Keys that most configurations don't have. */
const optional = ['mtu', 'ipMasq', 'ipMasqBackend', 'dns', 'runtimeConfig', 'args'] as const

/** A network configuration of that plugin. */
export const configOf = (plugin: PluginName): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc
    .tuple(
      fc.record(
        {
          cniVersion: version,
          name: rarely(fc.constantFrom<string>('', 'a/b', '..', 'a b'), fc.constant('net')),
          ipam: ipamOf(plugin),
          mtu: fc.constantFrom(0, 1400, 5000, 68, -1, 70000),
          // With true, the reference needs programs that not every machine has: an example shows that.
          ipMasq: fc.constant(false),
          ipMasqBackend: fc.constantFrom('iptables', 'nftables', 'ipfw'),
          dns,
          runtimeConfig,
          args: fc.record({ cni: fc.record({ ips: fc.array(withLength, { maxLength: 1 }) }) }),
        },
        { requiredKeys: ['cniVersion', 'name', 'ipam'] },
      ),
      fc.subarray([...optional], { maxLength: 3 }),
      seldom(spoiled, 6),
    )
    .map(([fields, kept, wrong]) => {
      const { cniVersion, name, ipam } = fields
      const chosen = Object.fromEntries(kept.map((key) => [key, fields[key]]))
      const config = { cniVersion, name, ipam, type: plugin, ...chosen }
      return (wrong === undefined ? config : spoil(config, wrong.at, wrong.value)) as Record<string, unknown>
    })
