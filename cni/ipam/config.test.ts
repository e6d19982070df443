import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { formatCidr } from '../../net/cidr.ts'
import { decodeNetworkConfig } from '../spec/config.ts'
import { type IpamConfig, readIpamConfig, reservationFolder } from './config.ts'
import { formatRangeSet } from './range.ts'

const read = (fields: object, args = '', reference = true): IpamConfig =>
  readIpamConfig(
    decodeNetworkConfig(JSON.stringify({ cniVersion: '1.0.0', name: 'net', ...fields })),
    args,
    reference,
  )

const ipam = (fields: object): object => ({ ipam: { type: 'host-local', ...fields } })

const sets = (config: IpamConfig): string[] => config.rangeSets.map(formatRangeSet)

/** The table of host-local's config_test.go. */
describe('the IPAM configuration', () => {
  it('reads the flat form', () => {
    const config = read(
      ipam({
        subnet: '10.1.2.0/24',
        rangeStart: '10.1.2.9',
        rangeEnd: '10.1.2.20',
        gateway: '10.1.2.30',
        dataDir: '/data',
        resolvConf: '/etc/resolv.conf',
      }),
    )
    expect(sets(config)).toEqual(['10.1.2.9-10.1.2.20'])
    expect(config.rangeSets[0]?.[0].gateway).toEqual({ family: 4, value: 0x0a01021en })
    expect(config).toMatchObject({
      folder: '/data/net',
      resolvConf: '/etc/resolv.conf',
      routes: undefined,
      requested: [],
    })
  })

  it('reads the list of sets', () => {
    const config = read(
      ipam({
        ranges: [
          [
            { subnet: '10.1.2.0/24', rangeStart: '10.1.2.9', rangeEnd: '10.1.2.20' },
            { subnet: '11.1.2.0/24' },
          ],
          [{ subnet: '2001:db8:1::/64' }],
        ],
      }),
    )
    expect(sets(config)).toEqual([
      '10.1.2.9-10.1.2.20,11.1.2.1-11.1.2.254',
      '2001:db8:1::1-2001:db8:1:0:ffff:ffff:ffff:ffff',
    ])
    expect(config.folder).toBe('/var/lib/cni/networks/net')
  })

  it('takes the runtime’s ranges first, then the flat form, then the list', () => {
    const config = read({
      ...ipam({ subnet: '10.1.2.0/24', ranges: [[{ subnet: '10.1.4.0/24' }]] }),
      runtimeConfig: { ipRanges: [[{ subnet: '11.1.2.0/24' }], [{ subnet: 'fd00::/64' }]] },
    })
    expect(sets(config).map((text) => text.split('-')[0])).toEqual([
      '11.1.2.1',
      'fd00::1',
      '10.1.2.1',
      '10.1.4.1',
    ])
  })

  it('reads routes with all attributes', () => {
    const routes = [{ dst: '0.0.0.0/0' }, { dst: 'fd00::/8', gw: 'fd00::1', mtu: 1400, table: 7, scope: 253 }]
    const [first, second] = read(ipam({ subnet: '10.1.2.0/24', routes })).routes ?? []
    expect(first && formatCidr(first.dst)).toBe('0.0.0.0/0')
    expect(second).toMatchObject({ mtu: 1400, table: 7, scope: 253 })
  })

  it.each([
    { name: 'CNI_ARGS', args: 'IP=10.1.2.10', fields: {}, expected: ['10.1.2.10'] },
    { name: 'CNI_ARGS with a prefix', args: 'IP=10.1.2.11/24', fields: {}, expected: ['10.1.2.11'] },
    {
      name: 'unknown CNI_ARGS that are to be ignored',
      args: 'IgnoreUnknown=1;K8S_POD_NAME=x;IP=10.1.2.11',
      fields: {},
      expected: ['10.1.2.11'],
    },
    {
      name: 'args.cni.ips and runtimeConfig.ips, each once',
      args: 'IgnoreUnknown=true;IP=10.1.2.10',
      fields: {
        args: { cni: { ips: ['10.1.2.10', '10.1.2.11/24'] } },
        runtimeConfig: { ips: ['fd00::5/64'] },
      },
      expected: ['10.1.2.10', '10.1.2.11', 'fd00::5'],
    },
  ])('reads requested addresses from $name', ({ args, fields, expected }) => {
    const { requested } = read({ ...ipam({ subnet: '10.1.2.0/24' }), ...fields }, args)
    expect(requested.map(formatAddress)).toEqual(expected)
  })

  const v4 = { subnet: '10.1.2.0/24' }
  it.each([
    { name: 'no ipam', fields: {}, text: "IPAM config missing 'ipam' key" },
    { name: 'no type', fields: { ipam: v4 }, text: /^ipam\.type is missing/ },
    { name: 'another type', fields: { ipam: { type: 'dhcp' } }, text: /^ipam\.type "dhcp" is not supported/ },
    { name: 'no range', fields: ipam({}), text: 'no IP ranges specified' },
    { name: 'an empty list', fields: ipam({ ranges: [] }), text: 'no IP ranges specified' },
    { name: 'an empty set', fields: ipam({ ranges: [[]] }), text: 'invalid range set 0: empty range set' },
    {
      name: 'a set of two families',
      fields: ipam({ ranges: [[v4], [{ subnet: '10.1.3.0/24' }, { subnet: '2001:db8:1::/64' }]] }),
      text: 'invalid range set 1: mixed address families',
    },
    {
      name: 'overlap in a set',
      fields: ipam({ ranges: [[{ subnet: '10.1.0.0/16' }, { subnet: '10.1.2.0/24' }]] }),
      text: 'invalid range set 0: subnets 10.1.0.1-10.1.255.254 and 10.1.2.1-10.1.2.254 overlap',
    },
    {
      name: 'overlap between sets',
      fields: ipam({ ranges: [[{ subnet: 'fd00::/64' }], [v4], [{ subnet: '10.1.0.0/16' }]] }),
      text: 'range set 1 overlaps with 2',
    },
    {
      name: 'many sets of a family in an old version',
      fields: { cniVersion: '0.2.0', ...ipam({ ranges: [[v4], [{ subnet: '10.1.3.0/24' }]] }) },
      text: 'CNI version 0.2.0 does not support more than 1 address per family',
    },
    { name: 'ranges that are no list', fields: ipam({ ranges: {} }), text: 'ipam.ranges must be a list' },
    { name: 'a set that is no list', fields: ipam({ ranges: [v4] }), text: 'ipam.ranges[0] must be a list' },
    {
      name: 'a route with host bits',
      fields: ipam({ ...v4, routes: [{ dst: '10.0.0.1/8' }] }),
      text: /^ipam\.routes\[0\]\.dst: invalid address "10\.0\.0\.1\/8"/,
    },
    {
      name: 'a requested address that is none',
      fields: { ...ipam(v4), runtimeConfig: { ips: ['10.1.2'] } },
      text: /^runtimeConfig\.ips\[0\]: invalid address "10\.1\.2"/,
    },
  ])('is refused with $name', ({ fields, text }) => {
    expect(() => read(fields)).toThrow(text)
  })

  it('is accepted with one set of each family in an old version', () => {
    const config = read({ cniVersion: '0.2.0', ...ipam({ ranges: [[v4], [{ subnet: 'fd00::/64' }]] }) })
    expect(config.rangeSets).toHaveLength(2)
  })

  it('refuses unknown CNI_ARGS with upstream’s text', () => {
    expect(() => read(ipam(v4), 'MAC=02:00:00:00:00:01')).toThrow(
      'ARGS: unknown args ["MAC=02:00:00:00:00:01"]',
    )
  })

  it('tells where reservations are, whatever else is wrong with it', () => {
    const config = decodeNetworkConfig('{"name":"net","ipam":{"ranges":7,"dataDir":"/data"}}')
    expect(reservationFolder(config)).toBe('/data/net')
    expect(reservationFolder(decodeNetworkConfig('{"name":"net"}'))).toBe('/var/lib/cni/networks/net')
  })
})
