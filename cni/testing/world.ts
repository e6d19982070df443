import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { binary, run } from './binary.ts'

/** An address as `ip -j addr` has it. */
export interface IpAddress {
  readonly local: string
  readonly prefixlen: number
  readonly broadcast?: string
  readonly tentative?: boolean
}

/** A link as `ip -j addr` has it. */
export interface IpLink {
  readonly ifindex: number
  readonly ifname: string
  readonly address: string
  readonly mtu: number
  readonly flags: readonly string[]
  readonly ifalias?: string
  readonly group: string
  readonly addr_info: readonly IpAddress[]
}

/** A route as `ip -j route` has it. */
export interface IpRoute {
  readonly dst: string
  readonly gateway?: string
  readonly dev: string
  readonly prefsrc?: string
  readonly scope?: string
  readonly metric?: number
  readonly metrics?: readonly { readonly mtu?: number; readonly advmss?: number }[]
}

/** What the kernel says, by `ip`, of our namespace or of a named one: never by our own codec. */
export function links(netns?: string): readonly IpLink[] {
  return JSON.parse(ip(netns, '-j', '-d', 'addr')) as readonly IpLink[]
}

/** The link of that name; an error if there is none. */
export function link(name: string, netns?: string): IpLink {
  const found = links(netns).find(({ ifname }) => ifname === name)
  if (found === undefined) throw new Error(`no link ${name}`)
  return found
}

export function routes(family: 4 | 6, netns?: string): readonly IpRoute[] {
  return JSON.parse(ip(netns, '-j', `-${family}`, 'route') || '[]') as readonly IpRoute[]
}

export function ip(netns: string | undefined, ...args: readonly string[]): string {
  return run('ip', ...(netns === undefined ? [] : ['-n', netns]), ...args)
}

/** A folder, and namespaces for pods, that go away with {@link TestNode.remove}. */
export class TestNode {
  /** For the reservations. */
  readonly dataDir = mkdtempSync('/run/cni-')
  #namespaces: string[] = []
  readonly #present = new Set(links().map(({ ifname }) => ifname))

  /** Makes a pod's namespace; `name` for `ip`, `path` for the runtime. */
  pod(name: string): { readonly name: string; readonly path: string } {
    run('ip', 'netns', 'add', name)
    this.#namespaces.push(name)
    return { name, path: `/run/netns/${name}` }
  }

  /** Takes a pod's namespace away, with what is in it. */
  forget(name: string): void {
    this.#namespaces = this.#namespaces.filter((other) => other !== name)
    run('ip', 'netns', 'del', name)
  }

  /** The binary under the name of a plugin, as an operator lays it beside others. */
  plugin(name: string): string {
    const folder = `${this.dataDir}/bin`
    mkdirSync(folder, { recursive: true })
    const file = `${folder}/${name}`
    if (!existsSync(file)) symlinkSync(binary(), file)
    return file
  }

  /** The files of reserved addresses in a network. */
  reservations(network = 'net'): readonly string[] {
    try {
      return readdirSync(`${this.dataDir}/${network}`)
        .filter((name) => !/^(lock|last_reserved_ip\..*|podway\..*)$/.test(name))
        .sort()
    } catch {
      return []
    }
  }

  /** A configuration of the plugin; fields given replace the usual ones. */
  config(fields: object = {}, ipam: object = {}): Record<string, unknown> {
    return {
      cniVersion: '1.1.0',
      name: 'net',
      type: 'podway-cni',
      ...fields,
      ipam: {
        type: 'host-local',
        dataDir: this.dataDir,
        ranges: [[{ subnet: '10.1.2.0/24' }], [{ subnet: 'fd00:1::/64' }]],
        ...ipam,
      },
    }
  }

  /** Whatever an attachment can leave behind on the host. */
  traces(): object {
    return {
      links: links().map(({ ifname }) => ifname),
      v4: routes(4),
      v6: routes(6).filter(({ dst }) => !dst.startsWith('fe80') && !dst.startsWith('ff')),
      files: this.reservations(),
    }
  }

  /** Takes the namespaces and the folder away, and whatever interfaces are left. */
  remove(): void {
    // Before the namespaces: those take their interfaces along some time later.
    for (const { ifname } of links()) if (!this.#present.has(ifname)) ip(undefined, 'link', 'del', ifname)
    for (const name of this.#namespaces) run('ip', 'netns', 'del', name)
    rmSync(this.dataDir, { recursive: true, force: true })
  }
}
