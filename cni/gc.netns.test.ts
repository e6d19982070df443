import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke } from './testing/binary.ts'
import { add, message, succeed } from './testing/calls.ts'
import { TestNode, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }
const hostEnds = (): number => links().filter(({ ifname }) => ifname.startsWith('veth')).length

/**
 * https://github.com/containernetworking/plugins/issues/1047, https://github.com/containerd/containerd/issues/5768
 * (attachments that nobody deletes), https://github.com/antrea-io/antrea/issues/8239 (some that live are)
 */
describe('GC', () => {
  const config = (fields: object = {}): object => testNode.config(fields, v4)
  const attachment = (containerID: string, ifname = 'eth0'): object => ({ containerID, ifname })
  beforeEach(() => {
    for (const containerId of ['lives', 'dead'])
      add({ containerId, netns: testNode.pod(containerId).path, config: config() })
    const other = testNode.config({ name: 'other' }, { ranges: [[{ subnet: '10.1.3.0/24' }]] })
    add({ containerId: 'elsewhere', netns: testNode.pod('elsewhere').path, config: other })
  })

  it.each(['cni.dev/valid-attachments', 'cni.dev/attachments'])(
    'by %s takes the interfaces and addresses of all others in its network',
    (key) => {
      succeed('GC', { config: config({ [key]: [attachment('lives'), attachment('unknown')] }) })
      expect(testNode.reservations()).toEqual(['10.1.2.2'])
      expect(testNode.reservations('other')).toEqual(['10.1.3.2'])
      expect(hostEnds()).toBe(2)
      expect(links('lives').map(({ ifname }) => ifname)).toContain('eth0')
      expect(links('dead').map(({ ifname }) => ifname)).not.toContain('eth0')
      succeed('GC', { config: config({ [key]: [attachment('lives')] }) })
    },
  )

  it('tells interfaces of one container apart', () => {
    succeed('GC', { config: config({ 'cni.dev/valid-attachments': [attachment('lives', 'eth1')] }) })
    expect(testNode.reservations()).toEqual([])
  })

  it('takes an empty list by its word', () => {
    succeed('GC', { config: config({ 'cni.dev/valid-attachments': [] }) })
    expect(testNode.reservations()).toEqual([])
    expect(hostEnds()).toBe(1)
  })

  it('without a list takes nothing', () => {
    succeed('GC', { config: config() })
    expect(testNode.reservations()).toHaveLength(2)
    expect(hostEnds()).toBe(3)
  })

  it('goes on when something fails, and says what', () => {
    const by = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']
    const ended = invoke({
      command: 'GC',
      config: config({ 'cni.dev/valid-attachments': [] }),
      by,
    })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(/^delete link \d+: operation not permitted.*; delete link \d+: operation/)
    expect(testNode.reservations()).toEqual([])
  })
})
