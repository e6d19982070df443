import { describe, expect, it } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { decodeNetworkConfig } from '../spec/config.ts'
import { memorySystem } from '../testing/memory-system.ts'
import { type PtpConfig, chooseDns, defaultRoutes, readPtpConfig } from './ptp-config.ts'

const read = (fields: object): PtpConfig =>
  readPtpConfig({
    system: memorySystem({}),
    reference: false,
    config: decodeNetworkConfig(
      JSON.stringify({ name: 'net', ipam: { type: 'host-local', subnet: '10.0.0.0/24' }, ...fields }),
    ),
    environment: {
      command: 'ADD',
      containerId: 'a',
      netns: '/n',
      ifName: 'eth0',
      args: '',
      netnsOverride: false,
    },
  })

describe('the configuration of ptp', () => {
  it.each([
    { mtu: undefined, expected: undefined },
    { mtu: 0, expected: undefined },
    { mtu: 1400, expected: 1400 },
  ])('reads mtu $mtu', ({ mtu, expected }) => {
    expect(read({ mtu }).mtu).toBe(expected)
  })

  it('accepts ipMasq only when it is off', () => {
    expect(() => read({ ipMasq: false })).not.toThrow()
    expect(() => read({ ipMasq: true })).toThrow(
      expect.objectContaining({ code: 2, message: 'ipMasq: masquerading is not supported yet' }) as Error,
    )
  })

  it.each([
    { fields: { mtu: -1 }, text: 'mtu must be a whole number from 0 to 4294967295' },
    { fields: { mtu: '1400' }, text: 'mtu must be a whole number from 0 to 4294967295' },
    { fields: { ipMasq: 'no' }, text: 'ipMasq must be true or false' },
    { fields: { dns: [] }, text: 'dns must be an object' },
    { fields: { dns: { nameservers: [5] } }, text: 'dns.nameservers[0] must be a string' },
    { fields: { ipam: 'host-local' }, text: 'ipam must be an object' },
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

  it('routes everything, for each family that there is', () => {
    const printed = (families: readonly (4 | 6)[]): string[] =>
      defaultRoutes(families).map(({ dst }) => formatCidr(dst))
    expect(printed([4])).toEqual(['0.0.0.0/0'])
    expect(printed([4, 6, 4])).toEqual(['0.0.0.0/0', '::/0'])
  })
})
