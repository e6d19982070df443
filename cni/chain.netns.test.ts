import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { said, specVersions } from './testing/any-version.ts'
import { invoke } from './testing/binary.ts'
import { add, succeed } from './testing/calls.ts'
import { TestNode, ip, link } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }

describe('podway-cni after another plugin of the chain', () => {
  const before = (sandbox: string): object => ({
    interfaces: [
      { name: 'br0', mac: '02:00:00:00:00:01', mtu: 9000, socketPath: '/run/x' },
      { name: 'net1', mac: '02:00:00:00:00:02', sandbox },
    ],
    ips: [{ address: '192.168.7.2/24', gateway: '192.168.7.1', interface: 1, extra: 'kept' }],
    routes: [{ dst: '192.168.0.0/16', gw: '192.168.7.1' }],
    dns: { nameservers: ['192.0.2.1'] },
  })

  it.each(specVersions.filter(({ lists }) => lists))(
    'adds its own to what that one made, in $version',
    ({ version, check }) => {
      const pod = testNode.pod('chained')
      // The other plugin's interface, of which ours knows nothing.
      ip(pod.name, 'link', 'add', 'net1', 'type', 'bridge')
      ip(pod.name, 'addr', 'add', '192.168.7.2/24', 'dev', 'net1')
      ip(pod.name, 'link', 'set', 'net1', 'up')
      ip(pod.name, 'route', 'add', '192.168.0.0/16', 'via', '192.168.7.1')
      const prevResult = { cniVersion: version, ...before(pod.path) }
      const config = testNode.config({ cniVersion: version, prevResult }, v4)
      const result = add({ netns: pod.path, config })
      expect(result).toMatchObject({
        cniVersion: version,
        interfaces: [
          { name: 'br0', mtu: 9000, socketPath: '/run/x' },
          { name: 'net1' },
          { name: expect.stringMatching(/^veth/) as string },
          { name: 'eth0', sandbox: pod.path },
        ],
        ips: [
          { address: '192.168.7.2/24', interface: 1, extra: 'kept' },
          { address: '10.1.2.2/24', interface: 3 },
        ],
        routes: [{ dst: '192.168.0.0/16' }, { dst: '0.0.0.0/0' }],
        dns: { nameservers: ['192.0.2.1'] },
      })
      const later = testNode.config({ cniVersion: version, prevResult: result }, v4)
      if (check) succeed('CHECK', { netns: pod.path, config: later })
      succeed('DEL', { netns: pod.path, config: later })
      expect(link('net1', pod.name).addr_info).toContainEqual(
        expect.objectContaining({ local: '192.168.7.2' }),
      )
    },
  )

  it.each(['0.1.0', '0.2.0'])('adds the family that is missing, in %s', (version) => {
    const pod = testNode.pod('old-chain')
    const prevResult = { cniVersion: version, ip6: { ip: 'fd00:9::2/64' }, dns: { domain: 'x.example' } }
    const ended = invoke({
      command: 'ADD',
      netns: pod.path,
      config: testNode.config({ cniVersion: version, prevResult }, v4),
    })
    expect(said(ended.json).ips).toEqual(['10.1.2.2/24 10.1.2.1', 'fd00:9::2/64'])
    expect(ended.json).toMatchObject({ dns: { domain: 'x.example' } })
  })

  it('refuses a result of another shape, and takes everything back', () => {
    const pod = testNode.pod('odd-chain')
    const traces = testNode.traces()
    const config = testNode.config({ prevResult: { interfaces: {} } }, v4)
    const ended = invoke({ command: 'ADD', netns: pod.path, config })
    expect(ended.json).toMatchObject({ code: 7, msg: 'prevResult.interfaces must be a list' })
    expect(testNode.traces()).toEqual(traces)
  })

  it('called as ptp says only what it made itself, as that does', () => {
    const pod = testNode.pod('as-ptp')
    const prevResult = { cniVersion: '1.1.0', ...before(pod.path) }
    const config = testNode.config({ type: 'ptp', prevResult }, v4)
    const result = add({ netns: pod.path, config, file: testNode.plugin('ptp') })
    expect(result.interfaces).toHaveLength(2)
    expect(result.ips).toEqual([{ address: '10.1.2.2/24', gateway: '10.1.2.1', interface: 1 }])
  })
})
