import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { KubeConfig, loadYaml } from '@kubernetes/client-node'
import { formatAddress } from '../../../net/address.ts'
import type { ClusterService } from '../controller/cluster-program.ts'
import type { BareNode } from '../controller/kubelet-report.ts'
import { Remote } from '../controller/remote.ts'
import { peer } from './peers.ts'

export interface WholeAgentOptions {
  /** The folder with what was built. */
  readonly dist: string
  readonly scratch: string
  /** Of `podway-cni serve`. */
  readonly socket: string
  readonly peers: number
}

export interface WholeAgentFigures {
  /** At the end, after every Node has been changed. */
  readonly rssBytes: number
  readonly peakRssBytes: number
}

const statusAddress = '127.0.0.1:10278'
const deadlineMs = 120_000
/** As kubelets' reports come, but faster: a wave takes seconds and not five minutes. */
const [waves, batch] = [3, 25]

/**
 * `podway agent` as it is shipped and by the flags of its manifest, with a mesh, on node-1 of a cluster of so many more
 * Nodes, each of the size that a kubelet makes it; the API server is the simulator, in a process of its own. What it takes
 * is measured when it has all routes, has been told of every Node again and again, and has asked its peers.
 */
export async function measureWholeAgent(options: WholeAgentOptions): Promise<WholeAgentFigures> {
  const { dist, peers, scratch, socket } = options
  const cluster = new Remote<ClusterService>(join(import.meta.dirname, '../controller/cluster-program.ts'))
  const manifests = join(import.meta.dirname, '../../../deploy/crds')
  const definitions = ['noderoutes', 'podnetworks'].map((plural) =>
    loadYaml<object>(readFileSync(join(manifests, `${plural}.yaml`), 'utf8')),
  )
  const { url } = await cluster.ask('open', definitions)
  const nodes = Array.from({ length: peers + 1 }, (_, index) => nodeOf(index + 1))
  await cluster.ask('register', nodes)
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u' })
  const kubeconfig = join(scratch, 'mesh-kubeconfig')
  writeFileSync(kubeconfig, config.exportConfig())
  const args = [
    ...['agent', '--node-name', 'node-1', '--socket', socket, '--kubeconfig', kubeconfig],
    ...['--reachability', 'mesh', '--metrics-bind-address', statusAddress],
  ]
  const agent = spawn(process.execPath, [join(dist, 'podway.js'), ...args], {
    // As deploy/manifests/agent.yaml has it.
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=64',
      MALLOC_ARENA_MAX: '1',
    },
    stdio: 'ignore',
  })
  try {
    await until(agent, 'all routes', async () => (await programmed()) === 2 * peers)
    const names = nodes.map(({ metadata }) => metadata.name)
    for (let wave = 0; wave < waves; wave++)
      for (let from = 0; from < names.length; from += batch) {
        await cluster.ask('report', names.slice(from, from + batch))
        await passed(50)
      }
    // It has seen the last one as soon as a Node that comes behind them all has its routes.
    await cluster.ask('register', [nodeOf(peers + 2)])
    await until(agent, 'the last Node', async () => (await programmed()) === 2 * (peers + 1))
    await until(agent, 'peers that were asked', async () => (await metric('podway_agent_probes_total')) > 0)
    return memoryOf(agent)
  } finally {
    if (agent.exitCode === null) {
      const ended = once(agent, 'exit')
      agent.kill('SIGKILL')
      await ended
    }
    await cluster.stop()
  }
}

function nodeOf(n: number): BareNode {
  const { addresses, name, podCIDRs } = peer(n)
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDR: podCIDRs[0], podCIDRs },
    status: {
      addresses: addresses.map((address) => ({ type: 'InternalIP', address: formatAddress(address) })),
    },
  }
}

const programmed = (): Promise<number> => metric('podway_mesh_routes', 'state="programmed"')

/** The sum of that metric's values, those with this label only; 0 if there is no answer yet. */
async function metric(name: string, label = ''): Promise<number> {
  const text = await fetch(`http://${statusAddress}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  )
  return text
    .split('\n')
    .filter((line) => line.split(/[{ ]/)[0] === name && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

async function until(agent: ChildProcess, what: string, condition: () => Promise<boolean>): Promise<void> {
  const start = performance.now()
  while (!(await condition())) {
    if (agent.exitCode !== null) throw new Error(`podway agent has ended without ${what}`)
    if (performance.now() - start > deadlineMs) throw new Error(`podway agent never had ${what}`)
    await passed(50)
  }
}

function memoryOf({ pid }: ChildProcess): WholeAgentFigures {
  const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
  const bytes = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { rssBytes: bytes('VmRSS'), peakRssBytes: bytes('VmHWM') }
}
