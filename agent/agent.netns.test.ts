import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { binary } from '../cni/testing/binary.ts'
import { nft } from '../cni/testing/filter.ts'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { Cluster } from '../reconciler/testing/cluster.ts'
import { ipBatch } from '../test/lab/namespace.ts'
import { parseAddress } from '../net/address.ts'
import { systemClock } from '../kube/clock.ts'
import { tcpProbe } from './probe/tcp-probe.ts'
import { openRelay } from './testing/relay.ts'
import { AgentNode } from './testing/test-node.ts'

/** Both halves as they are shipped, on a machine of its own, with a simulated API server in reach. */

const podCIDRs = ['10.244.1.0/24', 'fd00:10:244:1::/64']

let cluster: Cluster
let node: AgentNode
let relay: Awaited<ReturnType<typeof openRelay>>

beforeEach(async () => {
  cluster = await Cluster.start(new ManualClock())
  node = await AgentNode.boot('node-1')
  await ipBatch(undefined, [
    'link add api type veth peer name eth0 netns node-1',
    'addr add 10.0.0.1/24 dev api',
    'addr add fd00::1/64 dev api nodad',
    'link set api up',
    'link set lo up',
  ])
  await ipBatch('node-1', [
    'addr add 10.0.0.11/24 dev eth0',
    'addr add fd00::11/64 dev eth0 nodad',
    'link set eth0 up',
    'route add default via 10.0.0.1',
  ])
  relay = await openRelay('10.0.0.1', cluster.url)
})
afterEach(async () => {
  // Before the namespace, which takes its interfaces along some time later.
  await ipBatch(undefined, ['link del api'])
  await node[Symbol.asyncDispose]()
  await relay[Symbol.asyncDispose]()
  await cluster.close()
})

/** Waits for the real time that real programs take. */
const until = (what: string, condition: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error(`${what}: ${JSON.stringify(node.agent?.log.slice(-5))}`)
    },
    { timeout: 20_000, interval: 20 },
  )
const files = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder).sort() : [])
const isLaid = (): boolean => files(node.confDir).includes('05-podway.conflist')

/** Whether that address is reached from the machine: nobody listens there, and it is the pod's kernel that says so. */
async function answers(address: string): Promise<boolean> {
  const { stderr } = await node.machine.exec(['timeout', '5', 'bash', '-c', `</dev/tcp/${address}/9`])
  return stderr.includes('Connection refused')
}

/** Addresses that the machine itself holds, besides those of every loopback interface. */
async function held(): Promise<readonly string[]> {
  const { stdout } = await node.machine.exec(['ip', '-j', 'addr', 'show', 'lo'])
  const [link] = JSON.parse(stdout) as readonly {
    readonly addr_info: readonly { readonly local: string }[]
  }[]
  return (link?.addr_info ?? [])
    .map(({ local }) => local)
    .filter((one) => !['127.0.0.1', '::1'].includes(one))
}

const rules = (): string => nft('node-1', 'list', 'ruleset').trim()

const conditions = (name: string): readonly string[] =>
  (cluster.node(name).status?.conditions ?? []).map(
    ({ reason, status, type }) => `${type} ${status} ${String(reason)}`,
  )

test('a bare node becomes one on which pods start, and stays it', async () => {
  cluster.addNode('node-1')
  await node.startServer()
  const agent = node.startAgent(relay.url)
  await agent.logged('connected to podway-cni serve')

  // Executables before podCIDRs; the configuration with them.
  await until('executables', () => files(node.binDir).includes('loopback'))
  expect(isLaid()).toBe(false)
  cluster.patchNode('node-1', { spec: { podCIDR: podCIDRs[0], podCIDRs } })
  await until('the configuration', isLaid)
  expect(node.configuration().plugins[0]?.ipam.ranges).toEqual([
    [{ subnet: '10.244.1.0/24' }],
    [{ subnet: 'fd00:10:244:1::/64' }],
  ])
  expect(await node.addPod('pod-1')).toEqual(['10.244.1.2', 'fd00:10:244:1::2'])
  expect(await answers('10.244.1.2')).toBe(true)

  // A package upgrade (https://github.com/flannel-io/flannel/issues/1721).
  rmSync(node.binDir, { recursive: true })
  rmSync(join(node.confDir, '05-podway.conflist'))
  await until('all of it again', () => isLaid() && files(node.binDir).length >= 5)
  expect(readFileSync(join(node.binDir, 'loopback')).equals(readFileSync(binary()))).toBe(true)

  // Its other half is killed, and comes back.
  await node.stopServer('SIGKILL')
  rmSync(node.binDir, { recursive: true })
  await node.startServer()
  await until('the executables', () => files(node.binDir).length >= 5)

  // The address that it holds, at which it answers other nodes.
  expect(await held()).toEqual(['10.244.1.1', 'fd00:10:244:1::1'])
  await until('the condition', () => conditions('node-1').includes('PodNetworkReachable True NoPeers'))
  expect(rules()).toContain('masquerade')

  // Whoever stops it changes nothing (https://github.com/cilium/cilium/pull/7772).
  expect(agent.memory().peak).toBeLessThan(110_000)
  expect(await agent.stop()).toBe(0)
  expect(isLaid()).toBe(true)
  expect(rules()).toContain('masquerade')
  expect(files(node.binDir)).toContain('podway-cni')
  expect(await answers('10.244.1.2')).toBe(true)

  // Whoever uninstalls it leaves nothing but pods (https://github.com/flannel-io/flannel/issues/2063).
  expect(await node.uninstall()).toContain(`removed ${join(node.confDir, '05-podway.conflist')}`)
  expect([files(node.confDir), files(node.binDir)]).toEqual([[], []])
  expect(rules()).toBe('')
  expect(await held()).toEqual([])
  expect(await answers('10.244.1.2')).toBe(true)
}, 60_000)

test('a predecessor’s pods go on under it, and under the predecessor again', async () => {
  cluster.addNode('node-1', { podCIDRs })
  await node.startServer()
  const ranges = podCIDRs.map((subnet) => [{ subnet }])
  const ipam = { type: 'host-local', dataDir: node.dataDir, ranges, routes: [{ dst: '0.0.0.0/0' }] }
  const kindnet = { cniVersion: '0.3.1', name: 'kindnet', plugins: [{ type: 'ptp', ipMasq: false, ipam }] }
  mkdirSync(node.confDir)
  writeFileSync(join(node.confDir, '10-kindnet.conflist'), JSON.stringify(kindnet))
  // By the predecessor's own executable: ours under its name does the same.
  await node.machine.exec(['sh', '-c', `mkdir ${node.binDir} && cp ${binary()} ${node.binDir}/podway-cni`])
  await node.addPod('old', '10-kindnet.conflist')

  node.startAgent(relay.url)
  await until('the configuration', isLaid)
  expect(node.configuration().name).toBe('kindnet')
  expect((await node.addPod('new'))[0]).toBe('10.244.1.3')
  expect(await answers('10.244.1.2')).toBe(true)
  expect(await answers('10.244.1.3')).toBe(true)

  await node.agent?.stop()
  await node.uninstall()
  expect(files(node.confDir)).toEqual(['10-kindnet.conflist'])
  expect(await answers('10.244.1.2')).toBe(true)
  expect(await answers('10.244.1.3')).toBe(true)
  // The addresses of both are still taken.
  await node.machine.exec(['sh', '-c', `mkdir -p ${node.binDir} && cp ${binary()} ${node.binDir}/podway-cni`])
  expect((await node.addPod('later', '10-kindnet.conflist'))[0]).toBe('10.244.1.4')
}, 60_000)

test('nodes ask each other, from and at the addresses that they hold', async () => {
  // We are node-2, whose agent is away: its kernel refuses, which is an answer.
  const conditionsOfPeer = ['Ready', 'PodNetworkReachable'].map((type) => ({ type, status: 'True' }) as const)
  cluster.addNode('node-2', {
    podCIDRs: ['10.244.2.0/24', 'fd00:10:244:2::/64'],
    conditions: conditionsOfPeer,
  })
  cluster.addNode('node-1', { podCIDRs })
  await ipBatch(undefined, [
    'addr add 10.244.2.1/32 dev lo',
    'addr add fd00:10:244:2::1/128 dev lo',
    'route add 10.244.1.0/24 via 10.0.0.11',
    'route add fd00:10:244:1::/64 via fd00::11',
  ])
  await ipBatch('node-1', [
    'route add 10.244.2.0/24 via 10.0.0.1',
    'route add fd00:10:244:2::/64 via fd00::1',
  ])
  try {
    await node.startServer()
    const agent = node.startAgent(relay.url)
    await until('the condition', () => conditions('node-1').includes('PodNetworkReachable True PeersAnswer'))

    const transport = tcpProbe(10_279, systemClock)
    const { signal } = new AbortController()
    const ask = (from: string, to: string): Promise<string> =>
      transport
        .probe({ peer: 'node-1', from: parseAddress(from), to: parseAddress(to) }, signal)
        .then(({ ms, why }) => (ms === undefined ? String(why) : 'answer'))
    expect(await ask('10.244.2.1', '10.244.1.1')).toBe('answer')
    expect(await ask('fd00:10:244:2::1', 'fd00:10:244:1::1')).toBe('answer')
    // From an address that we don't hold; over a way that there is not; and back over none.
    expect(await ask('10.244.2.9', '10.244.1.1')).toBe('EADDRNOTAVAIL')
    await ipBatch(undefined, ['route add unreachable 10.244.1.1/32'])
    expect(await ask('10.244.2.1', '10.244.1.1')).toBe('EHOSTUNREACH')
    await ipBatch(undefined, ['route del unreachable 10.244.1.1/32'])
    await ipBatch('node-1', ['route replace blackhole 10.244.2.0/24'])
    expect(await ask('10.244.2.1', '10.244.1.1')).toBe('no answer within 2.5 s')
    await ipBatch('node-1', ['route replace 10.244.2.0/24 via 10.0.0.1'])
    // While an agent restarts, its node is none the less reached.
    await agent.stop()
    expect(await ask('10.244.2.1', '10.244.1.1')).toBe('answer')
  } finally {
    await ipBatch(undefined, ['addr del 10.244.2.1/32 dev lo', 'addr del fd00:10:244:2::1/128 dev lo'])
  }
}, 60_000)
