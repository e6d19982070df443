import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { invoke, invokeAsync, run } from './testing/binary.ts'
import { tickNanoseconds } from './netlink/token-bucket.ts'
import { add, message, succeed } from './testing/calls.ts'
import { qdiscs, redirects } from './testing/shaping.ts'
import { transferRate } from './testing/transfer.ts'
import { trace, whyNoTrace } from './testing/trace.ts'
import { TestNode, ip, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const ifbs = (): readonly string[] =>
  links()
    .map(({ ifname }) => ifname)
    .filter((name) => name.startsWith('bwp'))

const limits = {
  ingressRate: 16_000_000,
  ingressBurst: 262_144,
  egressRate: 8_000_000,
  egressBurst: 262_144,
}

describe('the limits of a pod', () => {
  it('are token buckets on the veth and on an ifb that what it sends is redirected to', () => {
    const before = testNode.traces()
    const config = testNode.config(limits)
    const netns = testNode.pod('pod').path
    const { interfaces } = add({ netns, config })
    const [hostEnd, podEnd, ifb] = interfaces
    expect(podEnd?.name).toBe('eth0')
    expect(ifbs()).toEqual([ifb?.name])
    expect(qdiscs(hostEnd?.name ?? '')).toMatchObject([
      { kind: 'tbf', handle: '1:', root: true, options: { rate: 2_000_000, burst: 32768 } },
      { kind: 'ingress' },
    ])
    expect(qdiscs(ifb?.name ?? '')).toMatchObject([
      { kind: 'tbf', handle: '1:', root: true, options: { rate: 1_000_000, burst: 32768 } },
    ])
    expect(redirects(hostEnd?.name ?? '')).toEqual([ifb?.name])
    succeed('DEL', { netns, config })
    expect(testNode.traces()).toEqual(before)
  })

  it.each([
    { what: 'received over IPv4', from: undefined, to: 'pod', address: '10.1.2.2', rate: limits.ingressRate },
    {
      what: 'received over IPv6',
      from: undefined,
      to: 'pod',
      address: 'fd00:1::2',
      rate: limits.ingressRate,
    },
    { what: 'sent over IPv4', from: 'pod', to: undefined, address: '10.1.2.1', rate: limits.egressRate },
    { what: 'sent over IPv6', from: 'pod', to: undefined, address: 'fd00:1::1', rate: limits.egressRate },
  ])('hold for what is $what', async ({ from, to, address, rate }) => {
    add({ netns: testNode.pod('pod').path, config: testNode.config({ ...limits, mtu: 1500 }) })
    const measured = await transferRate({ from, to, address, skip: 200_000, measure: rate / 8 })
    expect(measured / rate).toBeGreaterThan(0.9)
    expect(measured / rate).toBeLessThan(1.1)
  })

  it('zero open no socket that no limit would not open', () => {
    const zeros = { ingressRate: 0, ingressBurst: 0, runtimeConfig: { bandwidth: limits } }
    const { interfaces } = add({ netns: testNode.pod('pod').path, config: testNode.config(zeros) })
    expect(interfaces).toHaveLength(2)
    expect(qdiscs(interfaces[0]?.name ?? '')).toEqual([])
    expect(ifbs()).toEqual([])
  })

  it('are not there for whom `ptp` attaches, which knows none', () => {
    const config = testNode.config({ ...limits, type: 'ptp' })
    const { interfaces } = add({ netns: testNode.pod('pod').path, config })
    expect(qdiscs(interfaces[0]?.name ?? '')).toEqual([])
  })

  it('come by the capability, with static addresses', () => {
    const ipam = { type: 'static', addresses: [{ address: '10.1.2.9/24', gateway: '10.1.2.1' }] }
    const config = { ...testNode.config({ runtimeConfig: { bandwidth: limits } }), ipam }
    const { interfaces } = add({ netns: testNode.pod('pod').path, config })
    expect(interfaces).toHaveLength(3)
    expect(redirects(interfaces[0]?.name ?? '')).toEqual([interfaces[2]?.name])
  })

  it('stay what /proc/net/psched says: ticks of 64 ns', () => {
    const [nanoseconds, ticks] = readFileSync('/proc/net/psched', 'utf8')
      .split(' ')
      .map((word) => parseInt(word, 16))
    expect((nanoseconds ?? 0) / (ticks ?? 0)).toBe(1000 / tickNanoseconds)
  })

  it.each([
    { name: 'a rate of 40 Gbit/s', rate: 40e9, burst: 8e8 },
    { name: 'the burst that containerd gives for 10M', rate: 1e7, burst: 0xffffffff },
  ])('can be $name, and CHECK finds them', ({ rate, burst }) => {
    const one = { ingressRate: rate, ingressBurst: burst, egressRate: rate, egressBurst: burst }
    const config = testNode.config(one)
    const netns = testNode.pod('pod').path
    const added = add({ netns, config })
    for (const { name } of [added.interfaces[0], added.interfaces[2]].filter((it) => it !== undefined))
      expect(qdiscs(name)[0]).toMatchObject({ kind: 'tbf', options: { rate: rate / 8 } })
    succeed('CHECK', { netns, config: { ...config, prevResult: added } })
  })
})

describe('taking limits back', () => {
  const attach = (containerId = 'pod', fields: object = limits): ReturnType<typeof add> =>
    add({ containerId, netns: testNode.pod(containerId).path, config: testNode.config(fields) })

  it.each([
    { name: 'without a word of limits', fields: {} },
    { name: 'with limits that became invalid', fields: { ingressRate: 'x' } },
  ])('DEL does it $name', ({ fields }) => {
    const before = testNode.traces()
    attach()
    succeed('DEL', { netns: '/run/netns/pod', config: testNode.config(fields) })
    expect(testNode.traces()).toEqual(before)
    succeed('DEL', { netns: '/run/netns/pod', config: testNode.config(fields) })
  })

  it('DEL does it when the namespace has gone, and the veth with it', () => {
    const before = testNode.traces()
    attach()
    testNode.forget('pod')
    expect(ifbs()).toHaveLength(1)
    succeed('DEL', { netns: '/run/netns/pod', config: testNode.config(limits) })
    expect(testNode.traces()).toEqual(before)
  })

  it('DEL leaves all other pods alone, of twenty at once', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `many${i}`)
    attach('kept')
    const before = testNode.traces()
    for (const name of names) attach(name)
    const config = testNode.config(limits)
    const ended = await Promise.all(
      names.map((containerId) =>
        invokeAsync({ command: 'DEL', containerId, netns: `/run/netns/${containerId}`, config }),
      ),
    )
    expect(ended.map(({ code }) => code)).toEqual(names.map(() => 0))
    expect(testNode.traces()).toEqual(before)
  })

  it('DEL leaves the ifb of another, whatever its name', () => {
    attach()
    const [name = ''] = ifbs()
    ip(undefined, 'link', 'set', name, 'alias', 'podway net other/eth0')
    succeed('DEL', { netns: '/run/netns/pod', config: testNode.config(limits) })
    expect(ifbs()).toEqual([name])
    // And the next pod of that name takes the next one.
    testNode.forget('pod')
    expect(attach().interfaces[2]?.name).not.toBe(name)
    expect(ifbs()).toHaveLength(2)
    succeed('DEL', { netns: '/run/netns/pod', config: testNode.config(limits) })
    expect(ifbs()).toEqual([name])
  })

  it('GC does it for attachments that are not valid any more', () => {
    attach('one')
    attach('two')
    const netns = '/run/netns/two'
    const valid = [{ containerID: 'one', ifname: 'eth0' }]
    const config = { ...testNode.config(limits), 'cni.dev/valid-attachments': valid }
    const [kept] = links().filter(({ ifalias }) => ifalias === 'podway net one/eth0')
    testNode.forget('two')
    expect(kept && ifbs()).toHaveLength(2)
    succeed('GC', { netns, config })
    expect(links().filter(({ ifalias }) => ifalias?.includes(' two/'))).toEqual([])
    expect(ifbs()).toHaveLength(1)
  })

  it('GC does it for an ADD that was killed before the ifb said whose it is', () => {
    const { interfaces } = attach()
    const name = interfaces[2]?.name ?? ''
    ip(undefined, 'link', 'del', name)
    ip(undefined, 'link', 'add', name, 'type', 'ifb')
    succeed('GC', { config: { ...testNode.config(limits), 'cni.dev/valid-attachments': [] } })
    expect(ifbs()).toEqual([])
  })

  it('a failed ADD does it', () => {
    const before = testNode.traces()
    const netns = testNode.pod('pod').path
    // Its names are all taken.
    const { interfaces } = add({ netns, config: testNode.config(limits) })
    succeed('DEL', { netns, config: testNode.config(limits) })
    const first = interfaces[2]?.name ?? ''
    ip(undefined, 'link', 'add', first, 'type', 'ifb')
    const second = add({ netns, config: testNode.config(limits) }).interfaces[2]?.name ?? ''
    ip(undefined, 'link', 'set', first, 'alias', 'another')
    succeed('DEL', { netns, config: testNode.config(limits) })
    ip(undefined, 'link', 'add', second, 'alias', 'another', 'type', 'ifb')
    const failed = invoke({ command: 'ADD', netns, config: testNode.config(limits) })
    expect(message(failed)).toMatch(/^adding link: file exists/)
    ip(undefined, 'link', 'del', first)
    ip(undefined, 'link', 'del', second)
    expect(testNode.traces()).toEqual(before)
  })

  describeUnless(whyNoTrace(), 'an ADD that can not answer', () => {
    it('does it, too', () => {
      const before = testNode.traces()
      const netns = testNode.pod('pod').path
      const config = testNode.config(limits)
      const { ending } = trace({ command: 'ADD', netns, config }, 'write:error=EIO:when=1+')
      expect(ending.code).not.toBe(0)
      expect(testNode.traces()).toEqual(before)
    })
  })
})

describe('CHECK of limits', () => {
  it.each([
    {
      name: 'another rate',
      tamper: (end: string) =>
        run('tc', ...`qdisc change dev ${end} root tbf rate 1mbit burst 32k latency 25ms`.split(' ')),
      says: "Rate doesn't match",
    },
    {
      name: 'another burst',
      tamper: (end: string) =>
        run('tc', ...`qdisc change dev ${end} root tbf rate 16mbit burst 64k limit 82768`.split(' ')),
      says: "Buffer doesn't match",
    },
    {
      name: 'another limit',
      tamper: (end: string) =>
        run('tc', ...`qdisc change dev ${end} root tbf rate 16mbit burst 32k limit 90000`.split(' ')),
      says: "Limit doesn't match",
    },
    {
      name: 'no bucket',
      tamper: (end: string) => run('tc', 'qdisc', 'del', 'dev', end, 'root'),
      says: 'Failed to find qdisc',
    },
    {
      name: 'no bucket on the ifb',
      tamper: (_: string, ifb: string) => run('tc', 'qdisc', 'del', 'dev', ifb, 'root'),
      says: 'Failed to find qdisc',
    },
    {
      name: 'no ifb',
      tamper: (_: string, ifb: string) => ip(undefined, 'link', 'del', ifb),
      says: 'get ifb device: Link not found',
    },
    {
      name: 'an ifb that is down',
      tamper: (_: string, ifb: string) => ip(undefined, 'link', 'set', ifb, 'down'),
      says: 'bandwidth: IFB is down',
    },
    {
      name: 'no redirection',
      tamper: (end: string) => run('tc', 'filter', 'del', 'dev', end, 'ingress'),
      says: 'bandwidth: what comes in by END is not redirected to IFB',
    },
  ])('finds $name, in one process and by its own name', ({ tamper, says }) => {
    const netns = testNode.pod('pod').path
    const config = testNode.config(limits)
    const prevResult = add({ netns, config })
    const [end = '', , ifb = ''] = prevResult.interfaces.map(({ name }) => name)
    succeed('CHECK', { netns, config: { ...config, prevResult } })
    tamper(end, ifb)
    const text = says.replace('END', end).replace('IFB', ifb)
    expect(message(invoke({ command: 'CHECK', netns, config: { ...config, prevResult } }))).toBe(text)
    const chained = { command: 'CHECK', netns, config: { ...config, type: 'bandwidth', prevResult } }
    expect(message(invoke({ ...chained, file: testNode.plugin('bandwidth') }))).toBe(text)
  })
})

describe('the plugin bandwidth', () => {
  const call = (command: string, fields: object, more: object = {}): ReturnType<typeof invoke> =>
    invoke({
      command,
      netns: '/run/netns/pod',
      config: { ...testNode.config({ ...limits, type: 'bandwidth' }), ...fields },
      file: testNode.plugin('bandwidth'),
      ...more,
    })
  const attach = (ifName = 'eth0', subnet = '10.1.2.0/24'): object =>
    add({ netns: '/run/netns/pod', ifName, config: testNode.config({}, { ranges: [[{ subnet }]] }) })

  it('gives a second interface of a container an ifb of its own, and DEL deletes one of them', () => {
    testNode.pod('pod')
    const one = call('ADD', { prevResult: attach() })
    const two = call('ADD', { prevResult: attach('net1', '10.1.3.0/24') }, { ifName: 'net1' })
    expect([one.code, two.code], two.stdout).toEqual([0, 0])
    expect(ifbs()).toHaveLength(2)
    expect(call('DEL', {}, { ifName: 'net1' }).code).toBe(0)
    expect(ifbs()).toEqual([(one.json as { interfaces: { name: string }[] }).interfaces[2]?.name])
    expect(call('DEL', { ingressRate: 'x' }, { netns: '' }).code).toBe(0)
    expect(ifbs()).toEqual([])
  })

  it('passes on what it does not know, and needs a previous result', () => {
    testNode.pod('pod')
    const prevResult = { ...attach(), more: { than: 'known' } }
    expect(call('ADD', { prevResult }).json).toMatchObject({ more: { than: 'known' } })
    const zero = { ingressRate: 0, ingressBurst: 0, egressRate: 0, egressBurst: 0, prevResult }
    expect(call('ADD', zero).json).toEqual({ cniVersion: '1.1.0', ...prevResult })
    expect(message(call('ADD', {}))).toBe('must be called as chained plugin')
    expect(message(call('CHECK', {}))).toBe('must be called as a chained plugin')
  })

  it('takes back its half when the other is there already', () => {
    testNode.pod('pod')
    const prevResult = attach() as { interfaces: { name: string }[] }
    const end = prevResult.interfaces[0]?.name ?? ''
    run('tc', ...`qdisc add dev ${end} root handle 9: tbf rate 1mbit burst 32k latency 25ms`.split(' '))
    expect(message(call('ADD', { prevResult }))).toMatch(/^create qdisc: file exists/)
    expect(ifbs()).toEqual([])
    expect(qdiscs(end)).toMatchObject([{ kind: 'tbf', handle: '9:' }])
  })

  it('GC deletes the ifbs of what is not valid any more, and nothing without a word of that', () => {
    testNode.pod('pod')
    call('ADD', { prevResult: attach() })
    const valid = [{ containerID: 'pod', ifname: 'eth0' }]
    expect(call('GC', {}).code).toBe(0)
    expect(call('GC', { 'cni.dev/valid-attachments': valid }).code).toBe(0)
    expect(call('GC', { name: 'other', 'cni.dev/valid-attachments': [] }).code).toBe(0)
    expect(ifbs()).toHaveLength(1)
    expect(call('GC', { 'cni.dev/valid-attachments': [] }).code).toBe(0)
    expect(ifbs()).toEqual([])
  })

  describeUnless(whyNoTrace(), 'without a limit', () => {
    it('opens no socket', () => {
      testNode.pod('pod')
      const prevResult = attach()
      const config = { ...testNode.config({ type: 'bandwidth' }), prevResult }
      const netns = '/run/netns/pod'
      const file = testNode.plugin('bandwidth')
      const { ending, calls } = trace({ command: 'ADD', netns, config, file })
      expect(ending.json).toEqual({ cniVersion: '1.1.0', ...prevResult })
      expect(calls.filter(({ name }) => name === 'socket')).toEqual([])
    })
  })
})
