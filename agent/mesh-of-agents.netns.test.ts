import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { Cluster } from '../reconciler/testing/cluster.ts'
import { ipBatch } from '../test/lab/namespace.ts'
import { mustRun } from '../test/lab/run.ts'
import { LoggingProcess } from './testing/agent-process.ts'
import { openRelay } from './testing/relay.ts'
import { AgentNode } from './testing/test-node.ts'

/** Two nodes on one segment, each with both halves of the agent as they are shipped, and nothing else that makes routes. */

let cluster: Cluster
let nodes: readonly [AgentNode, AgentNode]
let relay: Awaited<ReturnType<typeof openRelay>>

beforeEach(async () => {
  cluster = await Cluster.start(new ManualClock())
  nodes = [await AgentNode.boot('node-1'), await AgentNode.boot('node-2')]
  await ipBatch(undefined, [
    'link add segment type bridge',
    'addr add 10.0.0.1/24 dev segment',
    'link set segment up',
  ])
  for (const [index, { name }] of nodes.entries()) {
    await ipBatch(undefined, [
      `link add port${index} type veth peer name eth0 netns ${name}`,
      `link set port${index} master segment up`,
    ])
    await ipBatch(name, [
      `addr add 10.0.0.1${index + 1}/24 dev eth0`,
      'link set eth0 up',
      'route add default via 10.0.0.1',
    ])
  }
  relay = await openRelay('10.0.0.1', cluster.url)
})
afterEach(async () => {
  await ipBatch(undefined, ['link del port0', 'link del port1', 'link del segment'])
  for (const node of nodes) await node[Symbol.asyncDispose]()
  await relay[Symbol.asyncDispose]()
  await cluster.close()
})

const ready = { type: 'Ready', status: 'True' } as const

async function start(node: AgentNode, number: number): Promise<void> {
  cluster.addNode(node.name, {
    podCIDRs: [`10.244.${number}.0/24`],
    addresses: [`10.0.0.1${number}`],
    conditions: [ready],
  })
  await node.startServer()
  node.startAgent(relay.url, '--reachability', 'mesh')
}

const shows = (name: string, condition: string): Promise<void> =>
  vi.waitFor(
    () => {
      const shown = (cluster.node(name).status?.conditions ?? []).map(
        ({ reason, status, type }) => `${type} ${status} ${String(reason)}`,
      )
      expect(shown).toContain(condition)
    },
    { timeout: 20_000, interval: 20 },
  )

const listener = `
  require('node:net').createServer((socket) => {
    console.log(JSON.stringify({ msg: 'from ' + socket.remoteAddress }))
    socket.end()
  }).listen(8080, '0.0.0.0', () => console.log(JSON.stringify({ msg: 'listening' })))`
const caller = `require('node:net').connect(8080, process.argv[1]).on('error', (e) => { console.error(e); process.exit(1) }).resume()`

test('make a network of themselves: pods reach each other under their own addresses, and all else under the node’s', async () => {
  const [one, two] = nodes
  await start(one, 1)
  await shows('node-1', 'PodNetworkReachable True NoPeers')
  await start(two, 2)
  await shows('node-2', 'PodNetworkReachable True PeersAnswer')
  for (const { name } of nodes) await shows(name, 'MeshProgrammed True RoutesProgrammed')

  await one.addPod('caller')
  const [address] = await two.addPod('listener')
  const program = (script: string, ...args: readonly string[]): readonly string[] => [
    process.execPath,
    '-e',
    script,
    ...args,
  ]
  const inPod = new LoggingProcess(two.machine.command(program(listener), 'listener'))
  const outside = new LoggingProcess({ file: process.execPath, args: ['-e', listener] })
  try {
    await inPod.logged('listening')
    await outside.logged('listening')
    await mustRun(one.machine.command(program(caller, String(address)), 'caller'))
    await vi.waitFor(() => expect(inPod.log.at(-1)).toEqual({ msg: 'from 10.244.1.2' }))
    await mustRun(one.machine.command(program(caller, '10.0.0.1'), 'caller'))
    await vi.waitFor(() => expect(outside.log.at(-1)).toEqual({ msg: 'from 10.0.0.11' }))
  } finally {
    await inPod.stop('SIGKILL')
    await outside.stop('SIGKILL')
  }
}, 60_000)
