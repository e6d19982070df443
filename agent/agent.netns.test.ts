import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { binary } from '../cni/testing/binary.ts'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { Cluster } from '../reconciler/testing/cluster.ts'
import { ipBatch } from '../test/lab/namespace.ts'
import { openRelay } from './testing/relay.ts'
import { AgentNode } from './testing/test-node.ts'

/** Both halves as they are shipped, on a machine of its own, with a simulated API server in reach. */

const podCIDRs = ['10.244.1.0/24', 'fd00:10:244:1::/64']
const plain = ['--masquerade', 'none', '--no-anti-spoofing', '--no-probe']

let cluster: Cluster
let node: AgentNode
let relay: Awaited<ReturnType<typeof openRelay>>

beforeEach(async () => {
  cluster = await Cluster.start(new ManualClock())
  node = await AgentNode.boot('node-1')
  await ipBatch(undefined, [
    'link add api type veth peer name eth0 netns node-1',
    'addr add 10.0.0.1/24 dev api',
    'link set api up',
  ])
  await ipBatch('node-1', [
    'addr add 10.0.0.11/24 dev eth0',
    'link set eth0 up',
    'route add default via 10.0.0.1',
  ])
  relay = await openRelay('10.0.0.1', cluster.url)
})
afterEach(async () => {
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

/** As a runtime adds a pod: by the configuration in its folder, from the executables in their folder. */
async function addPod(pod: string): Promise<Readonly<Record<string, unknown>>> {
  const netns = await node.machine.createPodNamespace(pod)
  const { name, plugins, cniVersion } = node.configuration()
  const config = JSON.stringify({ ...plugins[0], name, cniVersion })
  const ended = await node.machine.exec([join(node.binDir, 'podway-cni')], {
    stdin: config,
    env: {
      PATH: process.env.PATH,
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: pod,
      CNI_NETNS: netns,
      CNI_IFNAME: 'eth0',
      CNI_PATH: node.binDir,
    },
  })
  expect(ended.code, ended.stdout + ended.stderr).toBe(0)
  return JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>
}

test('a bare node becomes one on which pods start, and stays it', async () => {
  cluster.addNode('node-1')
  await node.startServer()
  const agent = node.startAgent(relay.url, ...plain)
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
  const result = await addPod('pod-1')
  expect(result).toMatchObject({
    ips: [{ address: '10.244.1.2/24' }, { address: 'fd00:10:244:1::2/64' }],
  })
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

  const { peak } = agent.memory()
  expect(peak).toBeLessThan(110_000)
  expect(await agent.stop()).toBe(0)
  expect(isLaid()).toBe(true)
  expect(files(node.binDir)).toContain('podway-cni')
  expect(await answers('10.244.1.2')).toBe(true)
}, 60_000)
