import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { KubeConfig, loadYaml } from '@kubernetes/client-node'
import { ControllerProcess } from '../../demo/controller-process.ts'
import type { Cloud, CloudFigures, CloudInstance, CloudOptions, CloudService } from './cloud-program.ts'
import type { ClusterFigures, ClusterService } from './cluster-program.ts'
import type { BareNode } from './kubelet-report.ts'
import { clusterName, controllerKey, region } from './names.ts'
import { type ProcessFigures, readProcess } from './process-figures.ts'
import { Remote, machineTime } from './remote.ts'
import type { RivalFigures } from './rival.ts'

export interface RigOptions extends CloudOptions {
  readonly dist: string
  readonly scratch: string
  /** Of the pods. */
  readonly clusterCidr: string
}

/** A machine of the cloud, and the Node that is registered for it. */
interface Member {
  readonly name: string
  readonly instanceId: string
}

/** How often the others are asked: what is asked for was timed where it happened. */
const everyMs = 20
const deadlineMs = 60_000
const metricsAddress = '127.0.0.1:10277'

/**
 * The real controller between the simulators of EC2 and Kubernetes, all of them processes of their own. What is timed is
 * timed where it happens, by one clock.
 */
export class Rig implements AsyncDisposable {
  readonly #cloud: Remote<CloudService>
  readonly #cluster: Remote<ClusterService>
  readonly #options: RigOptions
  readonly #kubeconfig: string
  readonly #open: Cloud
  readonly #spare: CloudInstance[]
  readonly #members: Member[] = []
  #controller: ControllerProcess | undefined
  #registered = 0

  private constructor(
    cloud: Remote<CloudService>,
    cluster: Remote<ClusterService>,
    open: Cloud,
    kubeconfig: string,
    options: RigOptions,
  ) {
    this.#cloud = cloud
    this.#cluster = cluster
    this.#open = open
    this.#spare = [...open.instances]
    this.#kubeconfig = kubeconfig
    this.#options = options
  }

  /** A cloud with its instances, a cluster without a Node, and no controller yet. */
  static async open(options: RigOptions): Promise<Rig> {
    const { dist, scratch, bucketScale, instances, routesPerTable, tables } = options
    const cloud = new Remote<CloudService>(join(import.meta.dirname, 'cloud-program.ts'))
    const cluster = new Remote<ClusterService>(join(import.meta.dirname, 'cluster-program.ts'))
    const open = await cloud.ask('open', { bucketScale, instances, routesPerTable, tables })
    const manifests = join(dist, 'demo/manifests')
    const definitions = definitionFiles.map((file) =>
      loadYaml<object>(readFileSync(join(manifests, file), 'utf8')),
    )
    const { url } = await cluster.ask('open', definitions)
    const kubeconfig = join(scratch, 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigFor(url))
    return new Rig(cloud, cluster, open, kubeconfig, options)
  }

  /** Starts the controller. Resolves when it has found its route tables. */
  async startController(): Promise<void> {
    const { dist, scratch, bucketScale, clusterCidr, routesPerTable } = this.#options
    this.#controller = new ControllerProcess(
      join(dist, 'podway.js'),
      [
        ...['--provider', 'aws', '--cluster-name', clusterName, '--cluster-cidr', clusterCidr],
        ...['--kubeconfig', this.#kubeconfig, '--metrics-bind-address', metricsAddress],
        ...['--aws-routes-per-table', String(Math.min(routesPerTable, mostRoutesPerTable))],
        ...['--api-budget-share', String(budgetShare * bucketScale)],
      ],
      {
        PATH: process.env.PATH,
        HOME: scratch,
        NODE_OPTIONS: asInContainer,
        AWS_ENDPOINT_URL_EC2: this.#open.url,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: controllerKey,
        AWS_SECRET_ACCESS_KEY: 'bench',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    )
    await this.#controller.line(({ msg }) => msg === 'route tables found', AbortSignal.timeout(deadlineMs))
  }

  /** Registers so many Nodes at once. Resolves to their names, and the moment before by the machine's clock. */
  async register(count: number): Promise<{ readonly names: readonly string[]; readonly at: number }> {
    const nodes = this.#spare.splice(0, count).map((instance): BareNode => {
      const name = `node-${this.#registered++}`
      this.#members.push({ name, instanceId: instance.id })
      return nodeOf(name, instance)
    })
    const at = await this.#cluster.ask('register', nodes)
    return { names: nodes.map(({ metadata }) => metadata.name), at }
  }

  /**
   * Terminates the instances of so many Nodes, the oldest first, and removes the Nodes; launches and registers as many.
   * Resolves to the new ones' names, and the moment before all that.
   */
  async replace(count: number): Promise<{ readonly names: readonly string[]; readonly at: number }> {
    const at = machineTime()
    const gone = this.#members.splice(0, count)
    await this.#cloud.ask(
      'terminate',
      gone.map(({ instanceId }) => instanceId),
    )
    await this.#cluster.ask(
      'remove',
      gone.map(({ name }) => name),
    )
    this.#spare.push(...(await this.#cloud.ask('launch', count)))
    return { ...(await this.register(count)), at }
  }

  /** Resolves to the moment at which the last of them was routed, by the machine's clock. */
  async untilRouted(
    names: readonly string[],
    timeoutMs: number,
    told: (routed: number) => void = () => undefined,
  ): Promise<number> {
    const until = performance.now() + timeoutMs
    for (;;) {
      const { count, lastAt } = await this.#cluster.ask('routed', names)
      told(count)
      if (count === names.length) return lastAt
      if (performance.now() > until)
        throw new Error(`${names.length - count} Nodes are not routed in time\n${this.#controller?.tail()}`)
      await pause(everyMs)
    }
  }

  /** Resolves, when there are exactly so many routes of the controller, to the moment of the last change. */
  async untilRoutes(count: number, timeoutMs: number): Promise<number> {
    const until = performance.now() + timeoutMs
    for (;;) {
      const { count: there, lastAt } = await this.#cloud.ask('routes', undefined)
      if (there === count) return lastAt
      if (performance.now() > until) throw new Error(`there are ${there} routes instead of ${count}`)
      await pause(everyMs)
    }
  }

  /** The time of preparations is over: from here on the cloud's time passes as it does. */
  begin(): Promise<void> {
    return this.#cloud.ask('begin', undefined)
  }

  get isRunning(): boolean {
    return this.#controller !== undefined
  }

  /** Counts anew from here on. */
  async forget(): Promise<void> {
    await Promise.all([this.#cloud.ask('forget', undefined), this.#cluster.ask('forget', undefined)])
    // The percentiles of the loop's lag are those since the last reading.
    if (this.#controller !== undefined) await this.process()
  }

  cloudFigures(): Promise<CloudFigures> {
    return this.#cloud.ask('figures', undefined)
  }

  clusterFigures(): Promise<ClusterFigures> {
    return this.#cluster.ask('figures', undefined)
  }

  /** Of the controller, since it runs; the lag since the last {@link forget}. */
  async process(): Promise<ProcessFigures> {
    return readProcess(this.#controller?.pid ?? 0, `http://${metricsAddress}/metrics`)
  }

  startRival(perSecond: number): Promise<void> {
    return this.#cloud.ask('startRival', { perSecond })
  }

  stopRival(): Promise<RivalFigures> {
    return this.#cloud.ask('stopRival', undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const code = (await this.#controller?.stop()) ?? 0
    await Promise.all([this.#cloud.stop(), this.#cluster.stop()])
    if (code !== 0) throw new Error(`the controller ended with ${code}:\n${this.#controller?.tail()}`)
  }
}

/** Of deploy/crds, as the build lays them. */
const definitionFiles = ['noderoutes.yaml', 'podnetworks.yaml']

/**
 * What Node itself chooses in a container with a memory limit of 512 MiB: half of it for what lives longer. Without a limit
 * it takes four times what lives before it collects, since the machine has it. And less than usual for what does not live.
 */
const asInContainer = '--max-old-space-size=256 --max-semi-space-size=4'

/** What the controller believes of AWS at most; it only warns by it. */
const mostRoutesPerTable = 1_000

/** Of the controller, unless told otherwise. */
export const budgetShare = 0.8

function kubeconfigFor(server: string): string {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'bench', server }],
    users: [{ name: 'bench' }],
    contexts: [{ name: 'bench', cluster: 'bench', user: 'bench' }],
    currentContext: 'bench',
  })
  return config.exportConfig()
}

/** As its kubelet and the cloud's node controller register it, without podCIDRs. */
const nodeOf = (name: string, { id, zone, ipv4 }: CloudInstance): BareNode => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { providerID: `aws:///${zone}/${id}` },
  status: {
    addresses: [
      { type: 'InternalIP', address: ipv4 },
      { type: 'Hostname', address: name },
    ],
  },
})
