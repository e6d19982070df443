import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import { parseCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { type Result, formatResult } from './result.ts'

const result: Result = {
  interfaces: [
    { name: 'veth1', mac: '02:00:00:00:00:01', mtu: 1500 },
    { name: 'eth0', mac: '02:00:00:00:00:02', mtu: 1500, sandbox: '/run/netns/x' },
  ],
  ips: [
    { address: parseInterfaceAddress('10.1.2.5/24'), gateway: parseAddress('10.1.2.1'), interface: 1 },
    { address: parseInterfaceAddress('fd00::5/64'), gateway: parseAddress('fd00::1'), interface: 1 },
  ],
  routes: [
    { dst: parseCidr('0.0.0.0/0'), gw: parseAddress('10.1.2.1'), mtu: 1400 },
    { dst: parseCidr('::/0') },
  ],
  dns: { nameservers: ['192.0.2.1'], search: [] },
}

const printed = (version: string, changes: Partial<Result> = {}): unknown =>
  JSON.parse(formatResult({ ...result, ...changes }, version))

const listed = {
  interfaces: [
    { name: 'veth1', mac: '02:00:00:00:00:01' },
    { name: 'eth0', mac: '02:00:00:00:00:02', sandbox: '/run/netns/x' },
  ],
  ips: [
    { interface: 1, address: '10.1.2.5/24', gateway: '10.1.2.1' },
    { interface: 1, address: 'fd00::5/64', gateway: 'fd00::1' },
  ],
  routes: [{ dst: '0.0.0.0/0', gw: '10.1.2.1', mtu: 1400 }, { dst: '::/0' }],
  dns: { nameservers: ['192.0.2.1'] },
}

describe('a result', () => {
  it('in 1.1.0 has the MTU of interfaces', () => {
    expect(printed('1.1.0')).toEqual({
      cniVersion: '1.1.0',
      ...listed,
      interfaces: listed.interfaces.map((one) => ({ ...one, mtu: 1500 })),
    })
  })

  it('in 1.0.0', () => {
    expect(printed('1.0.0')).toEqual({ cniVersion: '1.0.0', ...listed })
  })

  it.each(['0.3.0', '0.3.1', '0.4.0'])('in %s says the family of addresses', (version) => {
    expect(printed(version)).toEqual({
      cniVersion: version,
      ...listed,
      ips: [
        { version: '4', ...listed.ips[0] },
        { version: '6', ...listed.ips[1] },
      ],
    })
  })

  it.each(['0.1.0', '0.2.0'])('in %s has one address of each family', (version) => {
    expect(printed(version)).toEqual({
      cniVersion: version,
      ip4: { ip: '10.1.2.5/24', gateway: '10.1.2.1', routes: [{ dst: '0.0.0.0/0', gw: '10.1.2.1' }] },
      ip6: { ip: 'fd00::5/64', gateway: 'fd00::1', routes: [{ dst: '::/0' }] },
      dns: { nameservers: ['192.0.2.1'] },
    })
  })

  it('leaves out what says nothing', () => {
    const only = printed('1.0.0', { dns: {}, routes: [], ips: result.ips.slice(0, 1) })
    expect(only).not.toHaveProperty('dns')
    expect(only).not.toHaveProperty('routes')
    expect(printed('0.2.0', { ips: result.ips.slice(0, 1) })).not.toHaveProperty('ip6')
  })

  it('of old versions needs an address', () => {
    expect(() => printed('0.2.0', { ips: [] })).toThrow('cannot convert: no valid IP addresses')
    expect(printed('0.3.0', { ips: [], interfaces: [], routes: [], dns: {} })).toEqual({
      cniVersion: '0.3.0',
      dns: {},
    })
  })

  it('goes on from what the plugins before said, word for word', () => {
    const previous = {
      interfaces: [{ name: 'br0', pciID: 'x' }],
      ips: [{ address: '192.0.2.2/24', interface: 0, odd: true }],
      routes: [{ dst: '192.0.2.0/24' }],
      dns: { domain: 'x.example' },
    }
    const own = { ...result, dns: {} }
    expect(JSON.parse(formatResult(own, '1.0.0', previous))).toEqual({
      cniVersion: '1.0.0',
      interfaces: [...previous.interfaces, ...listed.interfaces],
      ips: [...previous.ips, ...listed.ips.map((ip) => ({ ...ip, interface: 2 }))],
      routes: [...previous.routes, ...listed.routes],
      dns: { domain: 'x.example' },
    })
    expect(JSON.parse(formatResult(own, '0.2.0', { ip6: 'other', dns: { domain: 'x' } }))).toMatchObject({
      ip6: { ip: 'fd00::5/64' },
      dns: { domain: 'x' },
    })
  })

  it('is indented by four spaces, as other plugins have it', () => {
    expect(formatResult(result, '1.0.0')).toMatch(/^\{\n {4}"cniVersion": "1\.0\.0",\n/)
  })
})
