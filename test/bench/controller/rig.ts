import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EC2 } from '@aws-sdk/client-ec2'
import { KubeConfig, type V1Node, loadYaml } from '@kubernetes/client-node'
import { ControllerProcess } from '../../demo/controller-process.ts'
import { type DemoInstance, clusterName, createInstance, createVpc } from '../../demo/vpc.ts'
import { type Ec2Simulator, createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import {
  type KubernetesSimulator,
  createKubernetesSimulator,
} from '../../simulators/kubernetes/kubernetes-simulator.ts'
import { observeCloud, observeKubernetes } from './observed.ts'

export interface RigOptions {
  readonly dist: string
  readonly scratch: string
  readonly buckets: 'off' | 'aws'
  /** Of the pods, comma-separated. */
  readonly clusterCidr: string
  /** How many of the VPC's two tables are podway's to write. */
  readonly tables: 1 | 2
  readonly nodes: number
}

const region = 'us-east-1'
const deadlineMs = 30_000
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }

/**
 * The real controller between the two simulators, which are in this process: they see every call when it arrives, and a
 * Node is registered without a client in between.
 */
export class Rig {
  readonly #ec2: Ec2Simulator
  readonly #kubernetes: KubernetesSimulator
  readonly #servers: readonly RunningServer[]
  readonly #nodes: readonly V1Node[]
  readonly #controller: ControllerProcess
  readonly #writes: readonly number[]
  readonly #routed: ReadonlyMap<string, number>
  readonly #callsBefore: number
  #registered = 0

  private constructor(parts: {
    readonly ec2: Ec2Simulator
    readonly kubernetes: KubernetesSimulator
    readonly servers: readonly RunningServer[]
    readonly nodes: readonly V1Node[]
    readonly controller: ControllerProcess
    readonly writes: readonly number[]
    readonly routed: ReadonlyMap<string, number>
  }) {
    this.#ec2 = parts.ec2
    this.#kubernetes = parts.kubernetes
    this.#servers = parts.servers
    this.#nodes = parts.nodes
    this.#controller = parts.controller
    this.#writes = parts.writes
    this.#routed = parts.routed
    this.#callsBefore = parts.ec2.calls.length
  }

  /** Makes the cloud's side of all nodes, and starts a controller that knows its tables and no Node. */
  static async start(options: RigOptions): Promise<Rig> {
    const { dist, scratch, buckets, clusterCidr, tables, nodes } = options
    const writes: number[] = []
    const routed = new Map<string, number>()
    const observer = {
      cloudWrite: (at: number) => void writes.push(at),
      routed: (node: string, at: number) => {
        if (!routed.has(node)) routed.set(node, at)
      },
    }
    const clock = (): number => performance.now()
    const ec2 = createEc2Simulator({ region, buckets })
    // What makes the instances is not what is measured: until they are there, a second passes with every call, so that
    // no bucket empties.
    let ahead = 0
    let isSettingUp = true
    const wallTime = (): number => Date.now() + (isSettingUp ? (ahead += 1000) : ahead)
    const cloudServer = await serve(observeCloud(ec2, { wallTime, clock, observer }))
    const client = new EC2({ endpoint: cloudServer.url, region, credentials })
    const vpc = await createVpc(client)
    const instances: DemoInstance[] = []
    for (let index = 0; index < nodes; index++) {
      const host = 10 + Math.floor(index / 2)
      instances.push(await createInstance(client, vpc, index % 2 === 0 ? 'a' : 'b', `node-${index}`, host))
    }
    client.destroy()
    ahead += 3_600_000
    isSettingUp = false
    writes.length = 0

    const kubernetes = createKubernetesSimulator()
    create(
      kubernetes,
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      loadYaml(readFileSync(join(dist, 'demo/manifests/noderoutes.yaml'), 'utf8')),
    )
    create(kubernetes, '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'podway-system' },
    })
    const kubeServer = await serve(observeKubernetes(kubernetes, { clock, observer }))
    const kubeconfig = join(scratch, 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigFor(kubeServer.url))
    const controller = new ControllerProcess(
      join(dist, 'podway.js'),
      [
        ...['--provider', 'aws', '--cluster-name', clusterName, '--cluster-cidr', clusterCidr],
        ...['--kubeconfig', kubeconfig],
        ...(tables === 1 ? ['--route-table-ids', vpc.nodeTables[0] ?? ''] : []),
      ],
      {
        PATH: process.env.PATH,
        HOME: scratch,
        AWS_ENDPOINT_URL_EC2: cloudServer.url,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    )
    await controller.line(({ msg }) => msg === 'route tables found', AbortSignal.timeout(deadlineMs))
    return new Rig({
      ec2,
      kubernetes,
      servers: [cloudServer, kubeServer],
      nodes: instances.map((instance, index) => nodeOf(`node-${index}`, instance)),
      controller,
      writes,
      routed,
    })
  }

  /** Registers the next Node. Resolves, when it is routed, to the milliseconds until the first write and until then. */
  async routeNext(): Promise<{ readonly firstWriteMs: number; readonly routedMs: number }> {
    const node = this.#register()
    const at = performance.now()
    const written = this.#writes.length
    const routedMs = (await this.#untilRouted(node, deadlineMs)) - at
    return { firstWriteMs: (this.#writes[written] ?? Number.NaN) - at, routedMs }
  }

  /** Registers all that are left at once. Resolves to the milliseconds until the last one is routed. */
  async routeRest(timeoutMs: number, onProgress: (routed: number) => void): Promise<number> {
    const names: string[] = []
    const at = performance.now()
    while (this.#registered < this.#nodes.length) names.push(this.#register())
    let last = at
    for (const [index, name] of names.entries()) {
      last = Math.max(last, await this.#untilRouted(name, timeoutMs - (performance.now() - at)))
      onProgress(index + 1)
    }
    return last - at
  }

  /** Calls to the cloud since the controller runs, and how many of them were refused. */
  calls(): { readonly all: number; readonly refused: number } {
    const calls = this.#ec2.calls.slice(this.#callsBefore)
    return { all: calls.length, refused: calls.filter(({ code }) => code === 'RequestLimitExceeded').length }
  }

  /** The most memory that the controller ever had, in bytes. */
  peakRss(): number {
    const status = readFileSync(`/proc/${this.#controller.pid ?? 0}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
  }

  async stop(): Promise<void> {
    const code = await this.#controller.stop()
    this.#kubernetes.close()
    for (const server of this.#servers) await server.close()
    if (code !== 0) throw new Error(`the controller ended with ${code}:\n${this.#controller.tail()}`)
  }

  #register(): string {
    const node = this.#nodes[this.#registered++]
    if (node?.metadata?.name === undefined) throw new Error('there is no instance left to register')
    create(this.#kubernetes, '/api/v1/nodes', node)
    return node.metadata.name
  }

  async #untilRouted(node: string, timeoutMs: number): Promise<number> {
    const until = performance.now() + timeoutMs
    for (;;) {
      const at = this.#routed.get(node)
      if (at !== undefined) return at
      if (performance.now() > until)
        throw new Error(`${node} is not routed in time\n${this.#controller.tail()}`)
      // Only to look again: the time was taken when it happened.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

function create(kubernetes: KubernetesSimulator, target: string, object: unknown): void {
  const reply = kubernetes.handle(
    {
      method: 'POST',
      target,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(object),
    },
    Date.now(),
  )
  if (reply.kind !== 'response' || reply.status !== 201)
    throw new Error(`POST ${target}: ${reply.kind === 'response' ? reply.body : reply.kind}`)
}

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
const nodeOf = (name: string, { id, zone, ipv4, ipv6 }: DemoInstance): V1Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { providerID: `aws:///${zone}/${id}` },
  status: {
    addresses: [
      { type: 'InternalIP', address: ipv4 },
      { type: 'InternalIP', address: ipv6 },
      { type: 'Hostname', address: name },
    ],
  },
})
