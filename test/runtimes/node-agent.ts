import { setTimeout as passed } from 'node:timers/promises'
import { KubeConfig } from '@kubernetes/client-node'
import { LoggingProcess, podway } from '../../agent/testing/agent-process.ts'
import { openRelay } from '../../agent/testing/relay.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import type { Machine } from '../lab/machine.ts'
import { ipBatch } from '../lab/namespace.ts'
import { type Command, mustRun } from '../lab/run.ts'

/** What it needs of the machine that it is an agent of. */
export interface AgentHost {
  readonly machine: Machine
  command(argv: readonly string[]): Command
  writeRun(name: string, content: Buffer): Promise<string>
}

const nodeName = 'node-1'
/** Of the world that the node is in: where its API server listens, and where pods find somebody who is no pod. */
export const outside = '10.0.0.1'
const statusAddress = '127.0.0.1:10282'

/**
 * `podway agent` as it is shipped, on a node where `podway-cni serve` listens, and a simulated API server with its Node,
 * which begins without podCIDRs. The agent may be killed and started again.
 */
export class NodeAgent implements AsyncDisposable {
  readonly #host: AgentHost
  readonly #cluster: Cluster
  readonly #relay: Awaited<ReturnType<typeof openRelay>>
  readonly #kubeconfig: string
  #process: LoggingProcess

  private constructor(
    host: AgentHost,
    cluster: Cluster,
    relay: Awaited<ReturnType<typeof openRelay>>,
    kubeconfig: string,
  ) {
    this.#host = host
    this.#cluster = cluster
    this.#relay = relay
    this.#kubeconfig = kubeconfig
    this.#process = this.#start()
  }

  /** Resolves when it has its other half. */
  static async start(host: AgentHost): Promise<NodeAgent> {
    const { name } = host.machine
    const cluster = await Cluster.start(new ManualClock())
    cluster.addNode(nodeName, { addresses: ['10.0.0.11'] })
    await ipBatch(undefined, [
      `link add api type veth peer name eth0 netns ${name}`,
      `addr add ${outside}/24 dev api`,
      'link set api up',
      'link set lo up',
    ])
    await ipBatch(name, [
      'addr add 10.0.0.11/24 dev eth0',
      'link set eth0 up',
      `route add default via ${outside}`,
    ])
    const relay = await openRelay(outside, cluster.url)
    const config = new KubeConfig()
    config.loadFromClusterAndUser({ name: 'c', server: relay.url, skipTLSVerify: true }, { name: 'u' })
    const kubeconfig = await host.writeRun('kubeconfig', Buffer.from(config.exportConfig()))
    const agent = new NodeAgent(host, cluster, relay, kubeconfig)
    await agent.connected()
    return agent
  }

  /** Its Node gets podCIDRs, as a controller gives them; resolves when the node is what it is to be with them. */
  async assign(podCIDRs: readonly string[]): Promise<void> {
    this.#cluster.patchNode(nodeName, { spec: { podCIDR: podCIDRs[0], podCIDRs } })
    await this.#until('a configuration', () =>
      this.metric('podway_agent_configured').then((value) => value === 1),
    )
    await this.#until('PodNetworkReachable', () =>
      Promise.resolve(
        this.#cluster
          .node(nodeName)
          .status?.conditions?.some(
            ({ type, status }) => type === 'PodNetworkReachable' && status === 'True',
          ) === true,
      ),
    )
  }

  /** By SIGKILL; resolves when it has ended. */
  async kill(): Promise<void> {
    await this.#process.stop('SIGKILL')
  }

  /** Starts it again after {@link kill}; resolves when it has its other half. */
  async resume(): Promise<void> {
    this.#process = this.#start()
    await this.connected()
  }

  /** Resolves when it has its other half, also one that was started anew. */
  async connected(): Promise<void> {
    await this.#until('a connection', () =>
      this.metric('podway_agent_connected').then((value) => value === 1),
    )
  }

  /** Resolves when it has been asked for that since it started. */
  async askedFor(operation: string): Promise<void> {
    const label = `operation="${operation}",result="ok"`
    await this.#until(operation, () =>
      this.metric('podway_agent_operations_total', label).then((value) => value > 0),
    )
  }

  /** Resolves when it has connected once more than until now: begin to wait before its other half is killed. */
  async reconnected(): Promise<void> {
    const begins = this.#process.log.length
    await this.#until('a new connection', () =>
      Promise.resolve(
        this.#process.log.slice(begins).some(({ msg }) => msg === 'connected to podway-cni serve'),
      ),
    )
  }

  /** The sum of that metric's values, those with these labels (`name="value"`) only; 0 if there is none or no answer. */
  async metric(name: string, label = ''): Promise<number> {
    const asked = this.#host.command(['busybox', 'wget', '-qO-', `http://${statusAddress}/metrics`])
    const lines = await mustRun(asked).then(
      (text) => text.split('\n'),
      () => [],
    )
    return lines
      .filter((line) => line.split(/[{ ]/)[0] === name && line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** `reason note` of each Event about the Node. */
  events(): readonly string[] {
    return this.#cluster.events().map(({ reason, note }) => `${reason} ${note}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    // Before the namespace, which takes its interfaces along some time later.
    await ipBatch(undefined, ['link del api'])
    await this.#relay[Symbol.asyncDispose]()
    await this.#cluster.close()
  }

  #start(): LoggingProcess {
    const argv = podway(
      'agent',
      ...['--node-name', nodeName, '--socket', '/run/podway-serve.sock'],
      ...['--kubeconfig', this.#kubeconfig, '--metrics-bind-address', statusAddress],
    )
    // As deploy/manifests/agent.yaml has it.
    const env = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=64', MALLOC_ARENA_MAX: '1' }
    return new LoggingProcess(this.#host.command(argv), env)
  }

  /** Waits for the real time that real programs take. */
  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    for (let attempt = 1; !(await condition()); attempt++) {
      if (attempt === 300)
        throw new Error(`podway agent never had ${what}: ${JSON.stringify(this.#process.log.slice(-5))}`)
      await passed(100)
    }
  }
}
