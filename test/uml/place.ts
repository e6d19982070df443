import { deepEqual, equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type Ending, binary, invoke, run } from '../../cni/testing/binary.ts'
import { type IpLink, ip, links } from '../../cni/testing/world.ts'

/** The result of an ADD, as far as scenarios look at it. */
export interface Added {
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[]
  readonly ips: readonly {
    readonly address: string
    readonly gateway?: string
    readonly interface?: number
  }[]
  readonly routes?: readonly { readonly dst: string }[]
}

type Config = Readonly<Record<string, unknown>>

/** Pods' namespaces, that are used again: to start a program takes a guest fifty times as long as its host. */
export class Pods {
  readonly #present = new Set<string>()

  /** Makes it, unless it is there. */
  need(pod: string): void {
    if (this.#present.has(pod)) return
    run('ip', 'netns', 'add', pod)
    this.#present.add(pod)
  }

  /** Takes all of them away, with what is in them. */
  remove(): void {
    for (const pod of this.#present) run('ip', 'netns', 'del', pod)
    this.#present.clear()
  }
}

/** One machine, on which a scenario calls plugins: ours, or the reference's from a folder. */
export class Place {
  /** For reservations. */
  readonly dataDir = mkdtempSync('/run/cni-')
  /** What ADD printed, without names and hardware addresses that are drawn. */
  readonly printed: unknown[] = []
  readonly #pods: Pods
  readonly #plugins: string | undefined
  readonly #attached = new Map<string, { readonly config: Config; readonly result: unknown }>()

  constructor(pods: Pods, plugins?: string) {
    this.#pods = pods
    this.#plugins = plugins
  }

  /** A namespace for a pod. */
  pod(name: string): string {
    this.#pods.need(name)
    return name
  }

  /** A master for pods' interfaces: a dummy, up. */
  dummy(name = 'master0', netns?: string): string {
    ip(netns, 'link', 'add', name, 'up', 'type', 'dummy')
    return name
  }

  /** A VLAN of a link, up: a master that takes tagged frames. */
  vlan(on: string, id: number): string {
    const name = `${on}.${id}`
    ip(undefined, 'link', 'add', 'link', on, 'name', name, 'up', 'type', 'vlan', 'id', String(id))
    return name
  }

  /** A configuration of that plugin, with addresses of 10.1.2.0/24. */
  config(type: string, fields: object = {}, ipam: object = {}): Config {
    return {
      ...{ cniVersion: '1.1.0', name: 'net', type, ...fields },
      ipam: { type: 'host-local', dataDir: this.dataDir, ranges: [[{ subnet: '10.1.2.0/24' }]], ...ipam },
    }
  }

  /** ADD and CHECK of a new pod; ends the scenario if one fails. */
  attach(pod: string, config: Config): Added {
    this.pod(pod)
    return this.attachTo(pod, config)
  }

  /** The same for a pod whose namespace is there. */
  attachTo(pod: string, config: Config): Added {
    const added = this.#must('ADD', pod, config)
    this.#attached.set(pod, { config, result: added.json })
    this.printed.push(withoutNames(added.json))
    this.check(pod)
    return added.json as Added
  }

  check(pod: string): void {
    const { config, result } = this.#attachment(pod)
    this.#must('CHECK', pod, { ...config, prevResult: result })
  }

  /** A CHECK that has to fail. */
  checkFails(pod: string): void {
    const { config, result } = this.#attachment(pod)
    const { code } = this.#call('CHECK', pod, { ...config, prevResult: result })
    equal(code === 0, false, `CHECK of ${pod} did not see what is wrong`)
  }

  /** DEL; and again, if it is to be `repeated`: nobody knows whether the first answer arrived. */
  detach(pod: string, repeated = false): void {
    const { config, result } = this.#attachment(pod)
    for (let times = repeated ? 2 : 1; times > 0; times--)
      this.#must('DEL', pod, { ...config, prevResult: result })
    deepEqual(
      links(pod)
        .map(({ ifname }) => ifname)
        .filter((name) => name === 'eth0'),
      [],
      `eth0 of ${pod} after DEL`,
    )
    this.#attached.delete(pod)
  }

  /** An ADD that has to fail with such a message. */
  refused(pod: string, config: Config, message: RegExp): void {
    this.pod(pod)
    const { code, stdout } = this.#call('ADD', pod, config)
    equal(code === 0, false, `ADD should have failed: ${stdout}`)
    match(stdout, message)
  }

  /** One link of a pod, as `ip -j -d addr` has it. */
  link(pod: string, name = 'eth0'): IpLink & { readonly linkinfo?: LinkInfo } {
    const found = links(pod).find(({ ifname }) => ifname === name)
    if (found === undefined) throw new Error(`no ${name} in ${pod}`)
    return found
  }

  /** Echoes come back. */
  reaches(from: string, address: string): void {
    // Neighbours are asked for first, and the guest's processor is slow.
    equal(ping(from, address, 5), true, `${from} does not reach ${address}`)
  }

  /** No echo comes back. */
  doesNotReach(from: string, address: string): void {
    equal(ping(from, address, 1), false, `${from} reaches ${address}`)
  }

  /** What `bridge -j vlan` says of a port: `100 PVID Egress Untagged`. */
  vlansOf(port: string): readonly string[] {
    const all = JSON.parse(run('bridge', '-j', 'vlan', 'show')) as readonly {
      readonly ifname: string
      readonly vlans: readonly {
        readonly vlan: number
        readonly vlanEnd?: number
        readonly flags?: readonly string[]
      }[]
    }[]
    const found = all.find(({ ifname }) => ifname === port)
    return (found?.vlans ?? []).flatMap(({ vlan, vlanEnd = vlan, flags = [] }) =>
      Array.from({ length: vlanEnd - vlan + 1 }, (_, index) => [vlan + index, ...flags].join(' ')),
    )
  }

  /** What `tc -j` says of queueing disciplines. */
  queues(): readonly { readonly dev: string; readonly kind: string; readonly options: Config }[] {
    return JSON.parse(run('tc', '-j', 'qdisc', 'show')) as ReturnType<Place['queues']>
  }

  /** The addresses that are reserved. */
  reservations(): readonly string[] {
    if (!existsSync(join(this.dataDir, 'net'))) return []
    return readdirSync(join(this.dataDir, 'net')).filter((name) => /^[\da-f.:]+$/.test(name))
  }

  /** The machine's links. */
  links(): readonly string[] {
    return links().map(({ ifname }) => ifname)
  }

  /** Takes away what is there, but links of those names. Pods that are attached still are in an unknown state. */
  remove(present: ReadonlySet<string>): void {
    if (this.#attached.size > 0) this.#pods.remove()
    // A link may take others along.
    for (const name of this.links()) if (!present.has(name)) spawnSync('ip', ['link', 'del', name])
    rmSync(this.dataDir, { recursive: true })
  }

  #attachment(pod: string): { readonly config: Config; readonly result: unknown } {
    const found = this.#attached.get(pod)
    if (found === undefined) throw new Error(`${pod} has no interface`)
    return found
  }

  #must(command: string, pod: string, config: Config): Ending {
    const ended = this.#call(command, pod, config)
    equal(ended.code, 0, `${command} of ${pod}: ${ended.stdout}${ended.stderr}`)
    return ended
  }

  #call(command: string, pod: string, config: Config): Ending {
    const type = String(config.type)
    return invoke({
      command,
      containerId: pod,
      netns: `/run/netns/${pod}`,
      config,
      file: join(this.#plugins ?? ourPlugins, type),
      environment: { CNI_PATH: this.#plugins ?? ourPlugins },
    })
  }
}

/** The binary under the names of the plugins. */
const ourPlugins = '/run/our-plugins'
export function layOurPlugins(): void {
  mkdirSync(ourPlugins)
  for (const name of ['ptp', 'bridge', 'macvlan', 'ipvlan', 'bandwidth', 'host-local', 'podway-cni'])
    symlinkSync(binary(), join(ourPlugins, name))
}

function ping(from: string, address: string, seconds: number): boolean {
  const busybox = process.env.PODWAY_BUSYBOX ?? 'busybox'
  const args = ['netns', 'exec', from, busybox, 'ping', '-q', '-c', '1', '-W', String(seconds), address]
  return spawnSync('ip', args).status === 0
}

interface LinkInfo {
  readonly info_kind?: string
  readonly info_data?: Readonly<Record<string, unknown>>
}

const withoutNames = (result: unknown): unknown =>
  JSON.parse(
    JSON.stringify(result)
      .replaceAll(/"veth[0-9a-f]{8}"/g, '"<veth>"')
      .replaceAll(/[0-9a-f]{2}(:[0-9a-f]{2}){5}/g, '<mac>')
      .replaceAll(/"socketPath":"[^"]*",?/g, ''),
  )
