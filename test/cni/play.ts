import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Ending, invokeAsync } from '../../cni/testing/binary.ts'
import { HOST, type PlannedCall, type Scenario, type Tampering } from './scenario.ts'
import { type NetworkState, type Pod, type PodHost, pods } from './pod-host.ts'

/** What a call answered, and what is there after it. */
export interface Observation {
  readonly ending: Ending
  readonly files: ReadonlyMap<string, string>
  /** By `host`, `pod 0`, …: those that are there. Nothing after calls that change nothing. */
  readonly networks: Readonly<Record<string, NetworkState>>
  readonly forwarding: string
}

/** Plays scenarios call by call on one host. */
export class Player {
  readonly #host: PodHost
  readonly #results = new Map<Pod, unknown>()

  constructor(host: PodHost) {
    this.#host = host
  }

  prepare(scenario: Scenario): void {
    for (const [path, text] of Object.entries(scenario.files)) this.#host.write(path, this.here(text))
  }

  /** The text as it is on this host. */
  here(text: string): string {
    return text.replaceAll(HOST, this.#host.name)
  }

  /** `plugins`: the folder that they are called from. */
  async call(scenario: Scenario, call: PlannedCall, plugins: string): Promise<Observation> {
    if (call.before !== undefined) await this.#tamper(call.before)
    const ending = await invokeAsync({
      command: call.verb,
      containerId: `pod-${call.pod}`,
      ifName: call.ifName,
      netns: this.#host.podPath(call.pod),
      environment: {
        CNI_PATH: plugins,
        ...Object.fromEntries(
          Object.entries(call.environment).map(([name, value]) => [
            name,
            value === null ? undefined : this.here(value),
          ]),
        ),
      },
      config: this.here(call.stdin ?? JSON.stringify(this.#config(scenario, call))),
      file: join(plugins, scenario.plugin),
      by: this.#host.enter,
    })
    if (call.verb === 'ADD' && ending.code === 0) this.#results.set(call.pod, ending.json)
    return { ending, ...(await this.#observe(scenario, call)) }
  }

  async #observe(scenario: Scenario, { verb }: PlannedCall): Promise<Omit<Observation, 'ending'>> {
    const changes = ['ADD', 'DEL', 'GC'].includes(verb) && ['ptp', 'loopback'].includes(scenario.plugin)
    const networks: Record<string, NetworkState> = {}
    if (changes) {
      for (const pod of [undefined, ...pods]) {
        const network = await this.#host.network(pod)
        if (network !== undefined) networks[pod === undefined ? 'host' : `pod ${pod}`] = network
      }
    }
    const forwarding = verb === 'ADD' ? await this.#host.forwarding() : ''
    return { files: this.#host.files(), networks, forwarding }
  }

  #config(scenario: Scenario, call: PlannedCall): object {
    const previous = this.#previous(call)
    return {
      ...scenario.config,
      ...call.fields,
      ...(previous === undefined ? {} : { prevResult: previous }),
    }
  }

  #previous({ previous, pod }: PlannedCall): unknown {
    switch (previous.kind) {
      case 'none':
        return undefined
      case 'own':
        return this.#results.get(pod)
      case 'other pod’s':
        return [...this.#results].find(([other]) => other !== pod)?.[1]
      case 'changed': {
        const own = this.#results.get(pod)
        return typeof own === 'object' ? { ...own, [previous.field]: previous.value } : undefined
      }
      case 'invented':
        return previous.result
    }
  }

  async #tamper(tampering: Tampering): Promise<void> {
    const host = this.#host
    switch (tampering.kind) {
      case 'link gone':
        await host.ip(tampering.pod, 'link', 'del', 'eth0')
        break
      case 'link down':
        await host.ip(tampering.pod, 'link', 'set', 'eth0', 'down')
        break
      case 'other mac':
        await host.ip(tampering.pod, 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99')
        break
      case 'link taken':
        await host.ip(tampering.pod, 'link', 'add', 'eth0', 'type', 'bridge')
        break
      case 'netns gone':
        await host.deletePod(tampering.pod)
        break
      case 'address gone':
        await host.ip(
          tampering.pod,
          `-${tampering.family}`,
          'addr',
          'flush',
          'dev',
          'eth0',
          'scope',
          'global',
        )
        break
      case 'route gone':
        await host.ip(tampering.pod, 'route', 'del', tampering.route)
        break
      case 'file':
        if (tampering.text === undefined) rmSync(join(host.folder, tampering.path), { force: true })
        else host.write(tampering.path, this.here(tampering.text))
    }
  }
}
