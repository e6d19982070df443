import { type Cidr, parseCidr } from '../../../net/cidr.ts'
import {
  type AliasRange,
  type Instance,
  type InstanceStatus,
  type NetworkInterface,
  type NextHop,
  type ResourcePath,
  type Route,
  type State,
  projectOf,
  regionOf,
} from './state.ts'

export interface SubnetworkWish {
  readonly network: ResourcePath
  readonly name: string
  readonly region: string
  readonly range: string
  /** Name to range. */
  readonly secondary?: Readonly<Record<string, string>>
  /** Of /64. */
  readonly ipv6?: string
  readonly allowsOverlap?: boolean
}

export interface RouteWish {
  readonly network: ResourcePath
  readonly name: string
  readonly destination: string
  /** 1000 unless told. */
  readonly priority?: number
  readonly nextHop: NextHop
}

export interface InstanceWish {
  readonly project: string
  readonly zone: string
  readonly name: string
  /** One interface in each of them, in this order. */
  readonly subnetworks: readonly ResourcePath[]
  readonly canIpForward?: boolean
  readonly tags?: readonly string[]
  /** Of the first interface. */
  readonly aliases?: readonly { readonly range: string; readonly rangeName?: string }[]
}

/** What people, Terraform and instance groups do to a project: it takes effect at once, and no call is made for it. */
export class Estate {
  readonly #state: State

  constructor(state: State) {
    this.#state = state
  }

  addProject(
    projectId: string,
    options: {
      readonly staticRoutesPerNetwork?: number
      readonly quotas?: Readonly<Record<string, { readonly limit: number; readonly usage: number }>>
    } = {},
  ): void {
    const { staticRoutesPerNetwork = 200, quotas = { NETWORKS: { limit: 15, usage: 1 } } } = options
    this.#state.projects.set(projectId, {
      projectId,
      number: this.#state.newId().slice(-12),
      quotas: new Map(Object.entries(quotas)),
      staticRoutesPerNetwork,
    })
  }

  /** With the default route that every network gets. */
  addNetwork(project: string, name: string): ResourcePath {
    const path = `projects/${project}/global/networks/${name}`
    this.#state.networks.set(path, { path, id: this.#state.newId(), name, peerings: [], created: 0 })
    const id = this.#state.newId()
    const route = `default-route-${id.slice(-16)}`
    this.#state.routes.set(`projects/${project}/global/routes/${route}`, {
      path: `projects/${project}/global/routes/${route}`,
      id,
      name: route,
      description: 'Default route to the Internet.',
      network: path,
      destination: parseCidr('0.0.0.0/0'),
      priority: 1000,
      tags: [],
      nextHop: { kind: 'gateway', gateway: `projects/${project}/global/gateways/default-internet-gateway` },
      created: 0,
    })
    return path
  }

  /** With everything that is in it. */
  removeNetwork(path: ResourcePath): void {
    for (const instance of this.#state.instances.values())
      if (instance.interfaces.some(({ network }) => network === path))
        this.#state.instances.delete(instance.path)
    for (const records of [this.#state.subnetworks, this.#state.routes])
      for (const one of records.values()) if (one.network === path) records.delete(one.path)
    this.#state.networks.delete(path)
  }

  /** Both ways. */
  peer(a: ResourcePath, b: ResourcePath): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const network = this.#state.networks.get(from)
      if (network === undefined) throw new Error(`there is no ${from}`)
      const name = `to-${to.split('/').at(-1) ?? ''}`
      this.#state.networks.set(from, { ...network, peerings: [...network.peerings, { name, network: to }] })
    }
  }

  addSubnetwork(wish: SubnetworkWish): ResourcePath {
    const { network, name, region, secondary = {}, ipv6, allowsOverlap = false } = wish
    const path = `projects/${projectOf(network)}/regions/${region}/subnetworks/${name}`
    this.#state.subnetworks.set(path, {
      path,
      id: this.#state.newId(),
      name,
      region,
      network,
      range: parseCidr(wish.range),
      secondaryRanges: Object.entries(secondary).map(([key, range]) => ({
        name: key,
        range: parseCidr(range),
      })),
      ...(ipv6 === undefined ? {} : { ipv6: parseCidr(ipv6) }),
      allowsOverlap,
      created: 0,
    })
    return path
  }

  addInstance(wish: InstanceWish): Instance {
    const { project, zone, name, canIpForward = true, tags = [], aliases = [] } = wish
    const path = `projects/${project}/zones/${zone}/instances/${name}`
    const interfaces = wish.subnetworks.map((subnetwork, index): NetworkInterface => {
      const first = index === 0 ? aliases : []
      return {
        ...this.#place(subnetwork, zone),
        name: `nic${index}`,
        aliases: first.map(({ range, rangeName }): AliasRange => ({
          range: parseCidr(range),
          ...(rangeName === undefined ? {} : { rangeName }),
        })),
        version: 0,
      }
    })
    const instance: Instance = {
      path,
      id: this.#state.newId(),
      name,
      zone,
      status: 'RUNNING',
      canIpForward,
      tags,
      interfaces,
      created: 0,
    }
    this.#state.instances.set(path, instance)
    return instance
  }

  removeInstance(path: ResourcePath): void {
    this.#state.instances.delete(path)
  }

  changeInstance(
    path: ResourcePath,
    change: { readonly status?: InstanceStatus; readonly canIpForward?: boolean },
  ): void {
    this.#state.instances.set(path, { ...this.instance(path), ...change })
  }

  instance(path: ResourcePath): Instance {
    const found = this.#state.instances.get(path)
    if (found === undefined) throw new Error(`there is no ${path}`)
    return found
  }

  addRoute(wish: RouteWish): void {
    const { network, name, destination, priority = 1000, nextHop } = wish
    const path = `projects/${projectOf(network)}/global/routes/${name}`
    this.#state.routes.set(path, {
      path,
      id: this.#state.newId(),
      name,
      description: '',
      network,
      destination: parseCidr(destination),
      priority,
      tags: [],
      nextHop,
      created: 0,
    })
  }

  /** Those that were written, by call or by hand. */
  routes(network: ResourcePath): readonly Route[] {
    return [...this.#state.routes.values()].filter((route) => route.network === network)
  }

  removeRoute(path: ResourcePath): void {
    this.#state.routes.delete(path)
  }

  /** Takes all routes to the destination away, whoever made them. */
  removeRoutes(network: ResourcePath, destination: Cidr): void {
    for (const route of this.#state.routes.values())
      if (
        route.network === network &&
        route.destination.family === destination.family &&
        route.destination.network === destination.network &&
        route.destination.prefixLength === destination.prefixLength
      )
        this.#state.routes.delete(route.path)
  }

  /** `zones/z`: no list gets there until it is told again. */
  setReachable(scope: string, reachable: boolean): void {
    if (reachable) this.#state.unreachable.delete(scope)
    else this.#state.unreachable.add(scope)
  }

  /** The lowest address that nobody has; the first two of a range are its own and the gateway's. */
  #place(
    subnetworkPath: ResourcePath,
    zone: string,
  ): Pick<NetworkInterface, 'network' | 'subnetwork' | 'address' | 'ipv6'> {
    const subnetwork = this.#state.subnetworks.get(subnetworkPath)
    if (subnetwork?.region !== regionOf(zone)) throw new Error(`there is no ${subnetworkPath} for ${zone}`)
    const taken = new Set(
      [...this.#state.instances.values()].flatMap(({ interfaces }) =>
        interfaces.filter((nic) => nic.subnetwork === subnetworkPath).map((nic) => nic.address.value),
      ),
    )
    let value = subnetwork.range.network + 2n
    while (taken.has(value)) value++
    const { ipv6 } = subnetwork
    // Each interface has a /96 of the subnet's /64.
    const own6 = ipv6 && {
      family: 6 as const,
      value: ipv6.network + ((value - subnetwork.range.network) << 32n),
    }
    return {
      network: subnetwork.network,
      subnetwork: subnetworkPath,
      address: { family: 4, value },
      ...(own6 === undefined ? {} : { ipv6: own6 }),
    }
  }
}
