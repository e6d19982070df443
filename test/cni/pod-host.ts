import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ipBatch } from '../lab/namespace.ts'
import { mustRun, run } from '../lab/run.ts'
import type { IpLink, IpRoute } from '../../cni/testing/world.ts'

/** The pods that a host has room for. */
export const pods = [0, 1, 2] as const
export type Pod = (typeof pods)[number]

/** A permanent neighbour and the like, as `ip -j neigh` has it. */
export interface IpNeighbour {
  readonly dst: string
  readonly dev: string
  readonly lladdr?: string
  readonly state: readonly string[]
}

/** What the kernel says of one namespace. */
export interface NetworkState {
  readonly links: readonly IpLink[]
  readonly routes: readonly IpRoute[]
  readonly neighbours: readonly IpNeighbour[]
}

/**
 * A machine of its own: a network namespace for the host, one for each pod, and a folder. Everything of it has its name
 * in its path, so that a configuration can be written for any machine, and what comes out compared:
 * `/run/pod-hosts/<name>`, `/run/netns/<name>-host`, `/run/netns/<name>-pod-0`.
 */
export class PodHost {
  readonly name: string
  readonly folder: string

  private constructor(name: string) {
    this.name = name
    this.folder = `/run/pod-hosts/${name}`
  }

  static async make(name: string): Promise<PodHost> {
    const host = new PodHost(name)
    mkdirSync(host.folder, { recursive: true })
    await ipBatch(
      undefined,
      host.#namespaces().map((namespace) => `netns add ${namespace}`),
    )
    // A Go plugin waits one to two seconds for addresses that are looked for twice: nobody is here to have them.
    const quick = 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
    const enter = host.#namespaces().map((name) => `nsenter --net=/run/netns/${name} sh -c '${quick}'`)
    await mustRun({ file: 'sh', args: ['-e', '-c', enter.join('\n')] })
    return host
  }

  #namespaces(): readonly string[] {
    return [`${this.name}-host`, ...pods.map((pod) => this.podName(pod))]
  }

  podName(pod: Pod): string {
    return `${this.name}-pod-${pod}`
  }

  podPath(pod: Pod): string {
    return `/run/netns/${this.podName(pod)}`
  }

  hasPod(pod: Pod): boolean {
    return existsSync(this.podPath(pod))
  }

  /** Program and arguments that run another program in the host's namespace. */
  get enter(): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.name}-host`, '--']
  }

  /** Runs `ip` on the host or in a pod; whether it worked. */
  async ip(pod: Pod | undefined, ...args: readonly string[]): Promise<boolean> {
    const namespace = pod === undefined ? `${this.name}-host` : this.podName(pod)
    return (await run({ file: 'ip', args: ['-n', namespace, ...args] })).code === 0
  }

  async deletePod(pod: Pod): Promise<void> {
    if (this.hasPod(pod)) await ipBatch(undefined, [`netns del ${this.podName(pod)}`])
  }

  /** Links, addresses, routes of all tables and neighbours of the host, or of a pod; undefined for one that is gone. */
  async network(pod?: Pod): Promise<NetworkState | undefined> {
    if (pod !== undefined && !this.hasPod(pod)) return undefined
    const namespace = pod === undefined ? `${this.name}-host` : this.podName(pod)
    const asked = 'addr\nroute show table all\nneigh\n'
    const said = await mustRun(
      { file: 'ip', args: ['-n', namespace, '-j', '-d', '-N', '-batch', '-'] },
      { stdin: asked },
    )
    const answers = said.split('\n').map((line) => (line === '' ? [] : (JSON.parse(line) as unknown)))
    const [links, routes, neighbours] = answers as [
      NetworkState['links'],
      NetworkState['routes'],
      NetworkState['neighbours'],
    ]
    return { links, routes: routes.map(withoutCarrier), neighbours }
  }

  /** Whether the host forwards: IPv4 and IPv6. */
  async forwarding(): Promise<string> {
    const [file = '', ...args] = this.enter
    const names = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map((name) => `/proc/sys/net/${name}`)
    return (await mustRun({ file, args: [...args, 'cat', ...names] })).replaceAll('\n', '')
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { mode: 0o600 })
  }

  /** All files below the folder: content by path. Folders, too, with a slash at the end. */
  files(below = ''): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    for (const entry of readdirSync(join(this.folder, below), { withFileTypes: true })) {
      const path = join(below, entry.name)
      const mode = (statSync(join(this.folder, path)).mode & 0o777).toString(8)
      if (entry.isDirectory()) {
        found.set(`${path}/`, mode)
        for (const [name, text] of this.files(path)) found.set(name, text)
      } else {
        found.set(path, `${mode} ${readFileSync(join(this.folder, path), 'utf8')}`)
      }
    }
    return found
  }

  async remove(): Promise<void> {
    const present = this.#namespaces().filter((name) => existsSync(`/run/netns/${name}`))
    await ipBatch(
      undefined,
      present.map((namespace) => `netns del ${namespace}`),
    )
    rmSync(this.folder, { recursive: true, force: true })
  }
}

type FlaggedRoute = IpRoute & { readonly flags?: readonly string[] }

/** Whether there is a carrier is told some time after both ends are up. */
function withoutCarrier(route: FlaggedRoute): FlaggedRoute {
  const { flags, ...rest } = route
  const others = flags?.filter((flag) => flag !== 'linkdown')
  return others === undefined || others.length === 0 ? rest : { ...rest, flags: others }
}
