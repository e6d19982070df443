import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke } from './testing/binary.ts'
import { add, message, succeed } from './testing/calls.ts'
import { TestNode, ip } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

describe('CHECK', () => {
  /** The first four are what upstream sees, the others what it doesn't (plugins/main/ptp/ptp.go). */
  const tampering: readonly { name: string; tamper: (pod: string, host: string) => void; text: RegExp }[] = [
    {
      name: 'the interface is gone',
      tamper: (pod) => ip(pod, 'link', 'del', 'eth0'),
      text: /Container Interface name in prevResult: eth0 not found/,
    },
    {
      name: 'an address is gone',
      tamper: (pod) => ip(pod, 'addr', 'del', '10.1.2.2/24', 'dev', 'eth0'),
      text: /Failed to match addr 10\.1\.2\.2\/24 on interface eth0/,
    },
    {
      name: 'a route is gone',
      tamper: (pod) => ip(pod, '-6', 'route', 'del', 'default'),
      text: /Expected Route ::\/0 not found in routing table/,
    },
    {
      name: 'the reservation is gone',
      tamper: () => {
        for (const file of testNode.reservations()) rmSync(`${testNode.dataDir}/net/${file}`)
      },
      text: /host-local: Failed to find address added by container pod/,
    },
    {
      name: 'the interface has another hardware address',
      tamper: (pod) => ip(pod, 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99'),
      text: /doesn't match container Mac: 02:00:00:00:00:99/,
    },
    {
      name: 'the host’s route is gone',
      tamper: () => ip(undefined, 'route', 'del', '10.1.2.2'),
      text: /Expected Route 10\.1\.2\.2\/32 dev veth/,
    },
    {
      name: 'the gateway’s address is gone',
      tamper: (_pod, host) => ip(undefined, 'addr', 'del', 'fd00:1::1/128', 'dev', host),
      text: /Failed to match addr fd00:1::1\/128 on interface veth/,
    },
    {
      name: 'the host’s end is down',
      tamper: (_pod, host) => ip(undefined, 'link', 'set', host, 'down'),
      text: /Host interface veth[0-9a-f]+ is down/,
    },
  ]

  it('succeeds after ADD, and prints nothing', () => {
    const netns = testNode.pod('check').path
    const prevResult = add({ netns, config: testNode.config() })
    succeed('CHECK', { netns, config: { ...testNode.config(), prevResult } })
  })

  it.each(tampering)('fails when $name', ({ tamper, text }) => {
    const pod = testNode.pod('tampered')
    const prevResult = add({ netns: pod.path, config: testNode.config() })
    tamper(pod.name, prevResult.interfaces[0]?.name ?? '')
    const ended = invoke({
      command: 'CHECK',
      netns: pod.path,
      config: { ...testNode.config(), prevResult },
    })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(text)
  })

  it('needs the previous result, of this namespace', () => {
    const netns = testNode.pod('previous').path
    const prevResult = add({ netns, config: testNode.config() })
    const without = invoke({ command: 'CHECK', netns, config: testNode.config() })
    expect(message(without)).toBe('ptp: Required prevResult missing')
    const other = testNode.pod('other').path
    const elsewhere = invoke({
      command: 'CHECK',
      netns: other,
      config: { ...testNode.config(), prevResult },
    })
    expect(message(elsewhere)).toMatch(/doesn't match configured netns/)
  })
})
