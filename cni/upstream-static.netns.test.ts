import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { specVersions, said } from './testing/any-version.ts'
import { type Ending, type Invocation, invoke } from './testing/binary.ts'
import { message } from './testing/calls.ts'
import { TestNode } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** The scenarios of upstream's static_test.go, by their names there. */
describe.each(specVersions)('static of $version', ({ version, lists, check }) => {
  const config = (ipam: object, fields: object = {}): Record<string, unknown> => ({
    cniVersion: version,
    name: 'mynet',
    type: 'ipvlan',
    ...fields,
    ipam: { type: 'static', ...ipam },
  })
  const call = (command: string, conf: object, more: Partial<Invocation> = {}): Ending =>
    invoke({
      command,
      netns: '/run/netns/nowhere',
      containerId: 'dummy',
      file: testNode.plugin('static'),
      config: conf,
      ...more,
    })
  const routes = [
    { dst: '0.0.0.0/0' },
    { dst: '192.168.0.0/16', gw: '10.10.5.1' },
    { dst: '3ffe:ffff:0:01ff::1/64' },
  ]
  const dns = { nameservers: ['8.8.8.8'], domain: 'example.com', search: ['example.com'] }
  const addresses = [
    { address: '10.10.0.1/24', gateway: '10.10.0.254' },
    { address: '3ffe:ffff:0:01ff::0010/64', gateway: '3ffe:ffff:0::1' },
  ]

  it('allocates and releases addresses with ADD/DEL', () => {
    const ipam = { addresses, dns, routes: routes.slice(0, 2) }
    const added = call('ADD', config(ipam))
    expect(added).toMatchObject({ code: 0, stderr: '', json: { cniVersion: version, dns } })
    expect(said(added.json)).toEqual({
      ips: ['10.10.0.1/24 10.10.0.254', '3ffe:ffff:0:1ff::10/64 3ffe:ffff::1'],
      routes: ['0.0.0.0/0', '192.168.0.0/16 10.10.5.1'],
    })
    if (check) {
      expect(call('CHECK', config(ipam, { prevResult: added.json }))).toMatchObject({ code: 0, stdout: '' })
      expect(message(call('CHECK', config(ipam)))).toBe('Required prevResult missing')
      const other = { addresses: [{ address: '10.10.0.1/24', gateway: '10.10.0.253' }] }
      expect(message(call('CHECK', config(other, { prevResult: added.json })))).toBe(
        'static: Failed to match addr 10.10.0.1 on interface eth0',
      )
    }
    expect(call('DEL', config(ipam))).toMatchObject({ code: 0, stdout: '' })
  })

  it("doesn't error when passed an unknown ID on DEL", () => {
    expect(call('DEL', config({ addresses }))).toMatchObject({ code: 0, stdout: '' })
  })

  it('allocates and releases addresses with ADD/DEL, with ENV variables', () => {
    const environment = { CNI_ARGS: 'IP=10.10.0.1/24;GATEWAY=10.10.0.254' }
    const added = call('ADD', config({ dns, routes: routes.slice(0, 2) }), { environment })
    expect(said(added.json).ips).toEqual(['10.10.0.1/24 10.10.0.254'])
  })

  if (lists)
    it('allocates and releases multiple addresses with ADD/DEL, with ENV variables', () => {
      const environment = { CNI_ARGS: 'IP=10.10.0.1/24, 11.11.0.1/24;GATEWAY=10.10.0.254' }
      const added = call('ADD', config({}), { environment })
      expect(said(added.json).ips).toEqual(['10.10.0.1/24 10.10.0.254', '11.11.0.1/24'])
    })

  const runtimeConfig = { ips: ['10.10.0.1/24', '3ffe:ffff:0:01ff::0010/64'] }
  const args = { cni: { ips: ['10.10.0.2/24', '3ffe:ffff:0:01ff::0011/64'] } }

  it('allocates and releases multiple addresses with ADD/DEL, from RuntimeConfig', () => {
    const added = call('ADD', config({ addresses }, { runtimeConfig }))
    expect(said(added.json).ips).toEqual(['10.10.0.1/24', '3ffe:ffff:0:1ff::10/64'])
  })

  it('allocates and releases multiple addresses with ADD/DEL, from args', () => {
    const added = call('ADD', config({ addresses }, { args }))
    expect(said(added.json).ips).toEqual(['10.10.0.2/24', '3ffe:ffff:0:1ff::11/64'])
  })

  it('allocates and releases multiple addresses with ADD/DEL, from RuntimeConfig/ARGS/CNI_ARGS', () => {
    const environment = { CNI_ARGS: 'IP=10.10.0.3/24;GATEWAY=10.10.0.254' }
    const added = call('ADD', config({}, { args, runtimeConfig }), { environment })
    expect(said(added.json).ips).toEqual(['10.10.0.1/24', '3ffe:ffff:0:1ff::10/64'])
  })

  it.each([
    { name: 'args', fields: { args } },
    { name: 'runtimeConfig', fields: { runtimeConfig } },
  ])('is returning an error on missing ipam key when $name are set', ({ fields }) => {
    const conf = { cniVersion: version, name: 'mynet', type: 'ipvlan', ...fields }
    expect(message(call('ADD', conf))).toBe("IPAM config missing 'ipam' key")
  })

  it.each([
    {
      name: 'ipam config',
      conf: () => config({ addresses: [{ address: '10.10.0.1' }] }),
      where: 'ipam.addresses[0].address',
    },
    {
      name: 'Args',
      conf: () => config({}, { args: { cni: { ips: ['10.10.0.1'] } } }),
      where: 'args.cni.ips[0]',
    },
    { name: 'CNI_ARGS', conf: () => config({}), where: 'CNI_ARGS IP' },
    {
      name: 'RuntimeConfig',
      conf: () => config({}, { runtimeConfig: { ips: ['10.10.0.1'] } }),
      where: 'runtimeConfig.ips[0]',
    },
  ])('errors when passed an invalid CIDR via $name', ({ name, conf, where }) => {
    const environment = name === 'CNI_ARGS' ? { CNI_ARGS: 'IP=10.10.0.1' } : {}
    const ended = call('ADD', conf(), { environment })
    expect(ended).toMatchObject({ code: 1, json: { code: 7 } })
    expect(message(ended)).toBe(`${where}: invalid address "10.10.0.1": expected address/length`)
  })

  if (!lists)
    it('has an address at least', () => {
      expect(message(call('ADD', config({})))).toBe('cannot convert: no valid IP addresses')
    })
})
