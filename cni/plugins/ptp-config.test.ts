import { describe, expect, it } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { formatMac } from '../netlink/link.ts'
import { type CallParts, callOf } from '../testing/call.ts'
import { chooseDns } from './dns-config.ts'
import { type PtpConfig, defaultRoutes, readPtpConfig } from './ptp-config.ts'

const read = (fields: object, parts: CallParts = {}): PtpConfig => readPtpConfig(callOf(fields, parts))

describe('the configuration of ptp', () => {
  it.each([
    { mtu: undefined, expected: undefined },
    { mtu: 0, expected: undefined },
    { mtu: 1400, expected: 1400 },
  ])('reads mtu $mtu', ({ mtu, expected }) => {
    expect(read({ mtu }).mtu).toBe(expected)
  })

  it.each([
    { name: 'nothing', fields: {}, expected: undefined },
    { name: 'false', fields: { ipMasq: false, nonMasqueradeCIDRs: ['10.0.0.0/8'] }, expected: undefined },
    { name: 'true', fields: { ipMasq: true }, expected: [] },
    {
      name: 'true, with exceptions',
      fields: { ipMasq: true, ipMasqBackend: 'nftables', nonMasqueradeCIDRs: ['10.0.0.0/8', 'fd00::/8'] },
      expected: ['10.0.0.0/8', 'fd00::/8'],
    },
  ])('reads ipMasq: $name', ({ fields, expected }) => {
    expect(read(fields).masquerade?.exceptions.map(formatCidr)).toEqual(expected)
    // The reference plugin knows no exceptions.
    const reference = read(fields, { reference: true }).masquerade?.exceptions
    expect(reference).toEqual(expected && [])
  })

  it.each([
    { fields: { mtu: -1 }, text: 'mtu must be a whole number from 0 to 65535' },
    { fields: { mtu: '1400' }, text: 'mtu must be a whole number from 0 to 65535' },
    { fields: { ipMasq: 'no' }, text: 'ipMasq must be true or false' },
    { fields: { ipMasqBackend: true }, text: 'ipMasqBackend must be a string' },
    { fields: { ipMasq: true, ipMasqBackend: 'ipfw' }, text: 'ipMasqBackend: unknown ipmasq backend "ipfw"' },
    { fields: { nonMasqueradeCIDRs: '10.0.0.0/8' }, text: 'nonMasqueradeCIDRs must be a list' },
    {
      fields: { nonMasqueradeCIDRs: ['10.0.0.0/8', '10.0.0.1/8'] },
      text: 'nonMasqueradeCIDRs[1]: invalid address "10.0.0.1/8": has bits set behind the prefix: the range is 10.0.0.0/8',
    },
    { fields: { dns: [] }, text: 'dns must be an object' },
    { fields: { dns: { nameservers: [5] } }, text: 'dns.nameservers[0] must be a string' },
    { fields: { mtu: 67 }, text: 'mtu must be 0, or a whole number from 68 to 65535' },
    {
      fields: { runtimeConfig: { mac: '01:00:5e:00:00:01' } },
      text: 'runtimeConfig.mac: "01:00:5e:00:00:01" is no hardware address of an interface',
    },
    { fields: { runtimeConfig: { dns: { servers: {} } } }, text: 'runtimeConfig.dns.servers must be a list' },
  ])('refuses $fields', ({ fields, text }) => {
    expect(() => read(fields)).toThrow(expect.objectContaining({ code: 7, message: text }) as Error)
  })

  /** ptp_test.go: "IPAM dns kept if ptp dns absent", "overridden if any ptp dns field", "empty lists override". */
  it.each([
    { name: 'nothing keeps', dns: undefined, expected: { nameservers: ['192.0.2.1'] } },
    { name: 'no field keeps', dns: {}, expected: { nameservers: ['192.0.2.1'] } },
    { name: 'any field replaces', dns: { domain: 'x.example' }, expected: { domain: 'x.example' } },
    { name: 'an empty list replaces', dns: { search: [] }, expected: { search: [] } },
  ])('of DNS: $name what IPAM says', ({ dns, expected }) => {
    const chosen = chooseDns(read({ dns }).dns, { nameservers: ['192.0.2.1'] })
    expect(JSON.parse(JSON.stringify(chosen))).toEqual(expected)
  })

  it.each([
    { name: 'CNI_ARGS', args: 'MAC=02:00:00:00:00:01', fields: {}, expected: '02:00:00:00:00:01' },
    {
      name: 'args.cni rather than CNI_ARGS',
      args: 'IgnoreUnknown=1;MAC=02:00:00:00:00:01;K8S_POD_NAME=x',
      fields: { args: { cni: { mac: '02:00:00:00:00:02' } } },
      expected: '02:00:00:00:00:02',
    },
    {
      name: 'runtimeConfig rather than args.cni',
      args: '',
      fields: { args: { cni: { mac: '02:00:00:00:00:02' } }, runtimeConfig: { mac: '02:00:00:00:00:AA' } },
      expected: '02:00:00:00:00:aa',
    },
  ])('takes the hardware address of $name', ({ args, fields, expected }) => {
    const { mac } = read(fields, { environment: { args } })
    expect(mac && formatMac(mac)).toBe(expected)
  })

  it('takes DNS settings of the runtime first', () => {
    const dns = { servers: ['192.0.2.2'], searches: ['x.example'], options: ['ndots:5'] }
    expect(read({ dns: { nameservers: ['192.0.2.1'] }, runtimeConfig: { dns } }).dns).toEqual({
      nameservers: ['192.0.2.2'],
      search: ['x.example'],
      options: ['ndots:5'],
    })
  })

  it('standing in for the reference plugin knows none of these', () => {
    const config = { runtimeConfig: { mac: 'x', dns: 5 }, args: { cni: { mac: 7 } }, prevResult: 'x' }
    expect(read(config, { reference: true, environment: { args: 'MAC=x' } })).toEqual({
      mtu: undefined,
      mac: undefined,
      dns: undefined,
      masquerade: undefined,
    })
  })

  it('routes everything, for each family that there is', () => {
    const printed = (families: readonly (4 | 6)[]): string[] =>
      defaultRoutes(families).map(({ dst }) => formatCidr(dst))
    expect(printed([4])).toEqual(['0.0.0.0/0'])
    expect(printed([4, 6, 4])).toEqual(['0.0.0.0/0', '::/0'])
  })
})
