import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Fabric } from '../lab/fabric.ts'
import { type MachineSnapshot, leftovers, otherProcesses, snapshotMachine } from '../lab/leftovers.ts'
import { Machine } from '../lab/machine.ts'
import { type Endpoint, Prober } from '../lab/probe.ts'
import { type FabricState, versionOf } from '../lab/fabric-state.ts'
import type { DemoCloud, DemoInstance } from './clouds/demo-cloud.ts'
import { type Pod, Runtime } from './runtime.ts'

/** How often the router reads the cloud's API by itself, in milliseconds: the account's budget of calls is shared. */
const fabricPauseMs = 500

/** The cloud's network in namespaces: a router that obeys the cloud's API, machines, and pods with a prober in each. */
export class World {
  readonly #cloud: DemoCloud
  readonly #fabric: Fabric
  readonly #runtime: Runtime
  readonly #proberFile: string
  readonly #stop = new AbortController()
  readonly #following: Promise<void>
  readonly #machines = new Map<
    string,
    { readonly machine: Machine; readonly portId: string; readonly endpoint: Endpoint }
  >()
  readonly #pods = new Map<Pod, Endpoint>()
  readonly #before = new Map<string, MachineSnapshot>()
  #lastRead: Promise<unknown> = Promise.resolve()

  private constructor(cloud: DemoCloud, fabric: Fabric, dist: string) {
    this.#cloud = cloud
    this.#fabric = fabric
    this.#runtime = new Runtime(join(dist, 'podway-cni'))
    this.#proberFile = join(dist, 'demo/prober.js')
    const { signal } = this.#stop
    this.#following = fabric.follow({
      read: () => this.#read(),
      pause: () => pause(fabricPauseMs, undefined, { signal }).catch(() => undefined),
      signal,
    })
  }

  static async create(cloud: DemoCloud, dist: string): Promise<World> {
    return new World(cloud, await Fabric.create(), dist)
  }

  /** Boots an instance's machine and plugs it in, with a prober in its root namespace. */
  async boot({ addresses, name, portId }: DemoInstance): Promise<void> {
    const [machine] = await Promise.all([Machine.boot(name), this.obey()])
    await this.#fabric.plug(portId, { namespace: name, device: 'eth0' })
    this.#before.set(name, await snapshotMachine(machine))
    const endpoint: Endpoint = {
      name,
      kind: 'machine',
      addresses,
      prober: await Prober.start(machine.command([process.execPath, this.#proberFile])),
    }
    this.#machines.set(name, { machine, portId, endpoint })
  }

  /** Resolves when packets follow what the cloud's API says now. */
  async obey(): Promise<void> {
    const state = await this.#read()
    if (this.#fabric.version !== versionOf(state)) await this.#fabric.apply(state)
  }

  /** Two or more pods on the machine, one after another as a kubelet starts them. */
  async startPods(
    machineName: string,
    podCidrs: readonly string[],
    names: readonly string[],
  ): Promise<readonly Pod[]> {
    const { machine } = this.#on(machineName)
    this.#runtime.configure(machine, podCidrs)
    const pods: Pod[] = []
    for (const name of names) {
      const pod = await this.#runtime.add(machine, name)
      const prober = await Prober.start(machine.command([process.execPath, this.#proberFile], name))
      this.#pods.set(pod, { name, kind: 'pod', addresses: pod.addresses, prober })
      pods.push(pod)
    }
    return pods
  }

  async stopPods(machineName?: string): Promise<void> {
    for (const [pod, endpoint] of [...this.#pods]) {
      if (machineName !== undefined && pod.machine.name !== machineName) continue
      await endpoint.prober.stop()
      await this.#runtime.del(pod)
      this.#pods.delete(pod)
    }
  }

  /** Pulls the plug of a machine and takes it away; what its pods left behind is returned. */
  async remove(name: string): Promise<readonly string[]> {
    const { machine, portId, endpoint } = this.#on(name)
    await endpoint.prober.stop()
    const left = await this.#leftOn(machine)
    await this.#fabric.unplug(portId)
    await machine.remove()
    this.#machines.delete(name)
    return left
  }

  pods(): readonly Endpoint[] {
    return [...this.#pods.values()]
  }

  podsOn(machineName: string): readonly Endpoint[] {
    return [...this.#pods].filter(([pod]) => pod.machine.name === machineName).map(([, endpoint]) => endpoint)
  }

  machine(name: string): Endpoint {
    return this.#on(name).endpoint
  }

  machineNames(): readonly string[] {
    return [...this.#machines.keys()]
  }

  /** Takes everything away; returns what is left that should not be, `known` processes apart. */
  async close(known: readonly (number | undefined)[]): Promise<readonly string[]> {
    const left: string[] = []
    for (const name of this.machineNames()) left.push(...(await this.remove(name)))
    this.#stop.abort()
    await this.#following
    await this.#fabric.close()
    const expected = known.filter((pid) => pid !== undefined)
    left.push(...otherProcesses(expected).map(({ pid, command }) => `process ${pid}: ${command}`))
    return left
  }

  async #leftOn(machine: Machine): Promise<readonly string[]> {
    const before = this.#before.get(machine.name)
    return leftovers(before === undefined ? [] : [before], [await snapshotMachine(machine)])
  }

  #on(name: string): { readonly machine: Machine; readonly portId: string; readonly endpoint: Endpoint } {
    const found = this.#machines.get(name)
    if (found === undefined) throw new Error(`there is no machine ${name}`)
    return found
  }

  /** One after another: of two at once, the one that began first could be obeyed last. */
  #read(): Promise<FabricState> {
    const reading = this.#lastRead.then(() => this.#cloud.readFabric())
    this.#lastRead = reading.catch(() => undefined)
    return reading
  }
}
