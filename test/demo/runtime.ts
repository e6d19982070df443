import { CommandFailed } from '../lab/run.ts'
import type { Machine } from '../lab/machine.ts'

/** A pod as a container runtime keeps it: what it needs to take it down again. */
export interface Pod {
  readonly name: string
  readonly machine: Machine
  readonly addresses: Readonly<Record<4 | 6, string>>
  readonly addMs: number
}

/** The two halves of what a container runtime does around a CNI plugin. */
export class Runtime {
  readonly #plugin: string
  readonly #configs = new Map<string, string>()

  /** @param plugin absolute path of the executable */
  constructor(plugin: string) {
    this.#plugin = plugin
  }

  /** What the conflist of that machine says; what the node agent will write one day. */
  configure(machine: Machine, podCidrs: readonly string[]): void {
    const config = {
      cniVersion: '1.1.0',
      name: 'podway',
      type: 'podway-cni',
      ipam: { type: 'host-local', ranges: podCidrs.map((subnet) => [{ subnet }]) },
    }
    this.#configs.set(machine.name, JSON.stringify(config))
  }

  async add(machine: Machine, name: string): Promise<Pod> {
    await machine.createPodNamespace(name)
    const startedAt = performance.now()
    const result = JSON.parse(await this.#exec(machine, 'ADD', name)) as {
      readonly ips: readonly { readonly address: string }[]
    }
    const addMs = performance.now() - startedAt
    const addresses = result.ips.map(({ address }) => address.split('/')[0] ?? '')
    const find = (v6: boolean): string => {
      const address = addresses.find((text) => text.includes(':') === v6)
      if (address === undefined)
        throw new Error(`ADD of ${name} gave no IPv${v6 ? 6 : 4} address: ${addresses.join(', ')}`)
      return address
    }
    return { name, machine, addresses: { 4: find(false), 6: find(true) }, addMs }
  }

  async del(pod: Pod): Promise<void> {
    await this.#exec(pod.machine, 'DEL', pod.name)
    await pod.machine.deletePodNamespace(pod.name)
  }

  async #exec(machine: Machine, command: 'ADD' | 'DEL', pod: string): Promise<string> {
    const finished = await machine.exec([this.#plugin], {
      stdin: this.#configs.get(machine.name) ?? '{}',
      env: {
        PATH: process.env.PATH,
        CNI_COMMAND: command,
        CNI_CONTAINERID: pod,
        CNI_NETNS: `/run/netns/${pod}`,
        CNI_IFNAME: 'eth0',
        CNI_PATH: this.#plugin.slice(0, this.#plugin.lastIndexOf('/')),
        CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${pod}`,
      },
    })
    // A plugin says what is wrong on its standard output.
    if (finished.code !== 0) {
      throw new CommandFailed(
        { file: `${command} of ${pod}`, args: [] },
        { ...finished, stderr: finished.stdout + finished.stderr },
      )
    }
    return finished.stdout
  }
}
