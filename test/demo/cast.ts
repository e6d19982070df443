import { join } from 'node:path'
import type { DemoCloud, DemoInstance, SubnetName } from './clouds/demo-cloud.ts'
import { clusterName } from './cluster-name.ts'
import type { Cluster } from './cluster.ts'
import { ControllerProcess } from './controller-process.ts'
import { deadlineMs } from './eventually.ts'
import type { World } from './world.ts'

export interface CastOptions {
  readonly cloud: DemoCloud
  readonly cluster: Cluster
  readonly world: World
  /** What became Nodes already, or will. */
  readonly instances: readonly DemoInstance[]
  /** The controller's. */
  readonly kubeconfig: string
  readonly dist: string
  readonly scratch: string
}

/** Who comes and goes in the story: machines with their Nodes and pods, and podway itself. */
export class Cast {
  readonly #options: CastOptions
  /** Those that are Nodes now, or are about to be. */
  readonly instances: Map<string, DemoInstance>
  /** What machines that went left behind. */
  readonly left: string[] = []
  readonly complaints: string[] = []
  readonly addTimesMs: number[] = []
  #controller: ControllerProcess | undefined

  constructor(options: CastOptions) {
    this.#options = options
    this.instances = new Map(options.instances.map((instance) => [instance.name, instance]))
  }

  /** @throws Error if it does not run */
  get controller(): ControllerProcess {
    if (this.#controller === undefined) throw new Error('the controller does not run')
    return this.#controller
  }

  /** `podway controller`, as its own process; resolves when it has found its tables. */
  async startController(): Promise<void> {
    const { cloud, dist, kubeconfig, scratch } = this.#options
    const { clusterCidr } = cloud
    const args = ['--cluster-name', clusterName, '--cluster-cidr', clusterCidr, '--kubeconfig', kubeconfig]
    this.#controller = new ControllerProcess(join(dist, 'podway.js'), [...cloud.controller.args, ...args], {
      PATH: process.env.PATH,
      HOME: scratch,
      ...cloud.controller.env,
    })
    await this.#controller.line(({ msg }) => msg === 'route tables found', AbortSignal.timeout(deadlineMs))
  }

  async stopController(): Promise<void> {
    const { controller } = this
    this.#controller = undefined
    const code = await controller.stop()
    if (code !== 0) this.complaints.push(`the controller ended with ${code}:\n${controller.tail()}`)
  }

  /** A machine boots and its Node registers; with podCIDRs, if it had them before. */
  async come(name: string, subnet: SubnetName, podCidrs?: readonly string[]): Promise<void> {
    const { cloud, cluster, world } = this.#options
    const instance = await cloud.createInstance(name, subnet)
    this.instances.set(name, instance)
    await world.boot(instance)
    await cluster.register(instance, podCidrs)
  }

  /** A machine goes, with its pods, its Node and its instance. */
  async go(name: string): Promise<void> {
    const { cloud, cluster, world } = this.#options
    const instance = this.instances.get(name)
    if (instance === undefined) throw new Error(`there is no ${name}`)
    this.instances.delete(name)
    await world.stopPods(name)
    this.left.push(...(await world.remove(name)))
    await cluster.unregister(name)
    await cloud.terminate(instance)
  }

  async podCidrs(name: string): Promise<readonly string[]> {
    return (await this.#options.cluster.node(name)).spec?.podCIDRs ?? []
  }

  /** Two pods on the machine, by the node binary. */
  async startPods(name: string): Promise<void> {
    const { world } = this.#options
    const pods = await world.startPods(name, await this.podCidrs(name), [`${name}-a`, `${name}-b`])
    this.addTimesMs.push(...pods.map(({ addMs }) => addMs))
  }
}
