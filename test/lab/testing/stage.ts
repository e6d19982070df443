import type { FabricState } from '../fabric-state.ts'
import { Fabric } from '../fabric.ts'
import { Machine } from '../machine.ts'
import { connectPlainPod } from '../plain-pod.ts'
import { type Endpoint, type ProbeReport, Prober, describeResult, everyPair, runProbes } from '../probe.ts'

type Addresses = Endpoint['addresses']

export interface StageMachine {
  readonly name: string
  /** Where its cable ends. */
  readonly port: string
  readonly addresses: { readonly 4: string; readonly 6: string }
  /** Of its one pod, if it has one. */
  readonly pod?: { readonly 4: string; readonly 6: string }
}

/** A fabric with machines and a pod on each, for tests of a cloud's rules by real packets. Run in a world. */
export class Stage {
  readonly fabric: Fabric
  readonly #machines = new Map<string, { readonly machine: Machine; readonly port: string }>()
  readonly #endpoints = new Map<string, Endpoint>()

  private constructor(fabric: Fabric) {
    this.fabric = fabric
  }

  /** @param name of the fabric's namespace, and what the machines' names begin with: namespaces are the whole world's */
  static async create(name: string, state: FabricState, machines: readonly StageMachine[]): Promise<Stage> {
    const stage = new Stage(await Fabric.create(name))
    await stage.fabric.apply(state)
    await Promise.all(machines.map((machine) => stage.#add(name, machine)))
    await stage.#settle(machines)
    return stage
  }

  /** A new machine needs time to find its neighbours: what has to pass under any rules is waited for. */
  async #settle(machines: readonly StageMachine[]): Promise<void> {
    const names = machines.map(({ name }) => this.endpoint(name))
    const pods = machines.flatMap(({ name, pod }) =>
      pod === undefined ? [] : everyPair([this.endpoint(name)], [this.endpoint(`${name}/pod`)]),
    )
    const { failures } = await runProbes([...everyPair(names), ...pods])
    if (failures.length > 0) throw new Error(failures.map(describeResult).join('\n'))
  }

  async #add(stage: string, { addresses, name, pod, port }: StageMachine): Promise<void> {
    const machine = await Machine.boot(`${stage}-${name}`)
    this.#machines.set(name, { machine, port })
    await this.fabric.plug(port, { namespace: machine.name, device: 'eth0' })
    await this.#addEndpoint(machine, name, 'machine', addresses)
    if (pod === undefined) return
    await connectPlainPod(machine, 'pod', pod)
    await this.#addEndpoint(machine, `${name}/pod`, 'pod', pod)
  }

  async #addEndpoint(
    machine: Machine,
    name: string,
    kind: Endpoint['kind'],
    addresses: Addresses,
  ): Promise<void> {
    const command = [process.execPath, `${import.meta.dirname}/../prober.ts`]
    const prober = await Prober.start(machine.command(command, kind === 'pod' ? 'pod' : undefined))
    this.#endpoints.set(name, { name, kind, prober, addresses })
  }

  machine(name: string): Machine {
    return this.#on(name).machine
  }

  endpoint(name: string): Endpoint {
    const found = this.#endpoints.get(name)
    if (found === undefined) throw new Error(`no endpoint ${name}`)
    return found
  }

  /** What becomes of both families' probes, IPv4 first. A probe without an answer is given up after 300 ms. */
  async probe(from: string, to: string): Promise<readonly string[]> {
    const { results } = await runProbes(everyPair([this.endpoint(from)], [this.endpoint(to)]), {
      timeoutMs: 300,
    })
    return results.map(({ verdict }) => (verdict.kind === 'failed' ? verdict.error : verdict.kind))
  }

  /** That many connections of each family, each of which is given up after so many milliseconds. */
  async probeOften(from: string, to: string, times: number, timeoutMs = 3000): Promise<ProbeReport> {
    const pairs = everyPair([this.endpoint(from)], [this.endpoint(to)])
    return runProbes(Array.from({ length: times }, () => pairs).flat(), { timeoutMs })
  }

  /** Pulls the plug of a machine and takes it away, with its pod. */
  async remove(name: string): Promise<void> {
    const { machine, port } = this.#on(name)
    for (const endpoint of [name, `${name}/pod`]) {
      await this.#endpoints.get(endpoint)?.prober.stop()
      this.#endpoints.delete(endpoint)
    }
    await this.fabric.unplug(port)
    await machine.remove()
    this.#machines.delete(name)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#endpoints.values()].map(({ prober }) => prober.stop()))
    await this.fabric.close()
    await Promise.all([...this.#machines.values()].map(({ machine }) => machine.remove()))
  }

  #on(name: string): { readonly machine: Machine; readonly port: string } {
    const found = this.#machines.get(name)
    if (found === undefined) throw new Error(`no machine ${name}`)
    return found
  }
}
