import { parseAddress } from '../../../net/address.ts'
import { type Cidr, containsCidr, parseCidr } from '../../../net/cidr.ts'
import {
  type AliasRange,
  type Firewall,
  type FirewallPolicy,
  type Instance,
  type Metadata,
  type Nat,
  type Network,
  type NetworkInterface,
  type NextHop,
  type ResourcePath,
  type Route,
  type State,
  type Subnetwork,
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
  readonly description?: string
  readonly destination: string
  /** 1000 unless told. */
  readonly priority?: number
  /** The Internet unless told. */
  readonly nextHop?: NextHop
}

export interface InstanceWish {
  readonly project: string
  readonly zone: string
  readonly name: string
  /** One interface in each of them, in this order. */
  readonly subnetworks: readonly ResourcePath[]
  readonly canIpForward?: boolean
  readonly tags?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly metadata?: Metadata
  readonly serviceAccount?: string
  /** Of the first interface: what the Internet sees. */
  readonly external?: string
  /** Of the first interface. */
  readonly aliases?: readonly { readonly range: string; readonly rangeName?: string }[]
}

export interface FirewallWish extends Partial<Omit<Firewall, 'path' | 'id' | 'network' | 'ranges'>> {
  readonly network: ResourcePath
  readonly name: string
  readonly ranges?: readonly string[]
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
      readonly staticRoutesPerPeeringGroup?: number
      readonly quotas?: Readonly<Record<string, { readonly limit: number; readonly usage: number }>>
      readonly metadata?: Metadata
    } = {},
  ): void {
    const { staticRoutesPerNetwork = 200, staticRoutesPerPeeringGroup = 300, metadata = {} } = options
    const { quotas = { NETWORKS: { limit: 15, usage: 1 } } } = options
    this.#state.projects.set(projectId, {
      projectId,
      number: this.#state.newId().slice(-12),
      quotas: new Map(Object.entries(quotas)),
      staticRoutesPerNetwork,
      metadata,
      staticRoutesPerPeeringGroup,
    })
  }

  /** From now on each of the project's networks takes so many routes. */
  limitRoutes(projectId: string, staticRoutesPerNetwork: number): void {
    const project = this.#state.projects.get(projectId)
    if (project === undefined) throw new Error(`there is no project ${projectId}`)
    this.#state.projects.set(projectId, { ...project, staticRoutesPerNetwork })
  }

  /** With the default route that every network gets. */
  addNetwork(project: string, name: string, { mtu }: { readonly mtu?: number } = {}): ResourcePath {
    const path = `projects/${project}/global/networks/${name}`
    this.#state.networks.set(path, {
      path,
      id: this.#state.newId(),
      name,
      peerings: [],
      ...(mtu === undefined ? {} : { mtu }),
      policies: [],
      policyFirst: false,
      created: 0,
    })
    const id = this.#state.newId()
    const description = 'Default route to the Internet.'
    this.addRoute({
      network: path,
      name: `default-route-${id.slice(-16)}`,
      destination: '0.0.0.0/0',
      description,
    })
    return path
  }

  /** With everything that is in it. */
  removeNetwork(path: ResourcePath): void {
    for (const instance of this.#state.instances.values())
      if (instance.interfaces.some(({ network }) => network === path))
        this.#state.instances.delete(instance.path)
    const { firewalls, routers, routes, subnetworks } = this.#state
    for (const records of [subnetworks, routes, firewalls, routers])
      for (const one of records.values()) if (one.network === path) records.delete(one.path)
    this.#state.networks.delete(path)
  }

  /** Both ways, with the routes of subnets, and the others too if told. */
  peer(
    a: ResourcePath,
    b: ResourcePath,
    { customRoutes = false }: { readonly customRoutes?: boolean } = {},
  ): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const network = this.#network(from)
      const { mtu } = this.#network(to)
      const peering = {
        name: `to-${to.split('/').at(-1) ?? ''}`,
        network: to,
        exportsCustomRoutes: customRoutes,
        importsCustomRoutes: customRoutes,
        ...(mtu === undefined ? {} : { peerMtu: mtu }),
      }
      this.#state.networks.set(from, { ...network, peerings: [...network.peerings, peering] })
    }
  }

  /** Lets everything in from everywhere, unless told. */
  addFirewall({ network, name, ranges = ['0.0.0.0/0'], ...more }: FirewallWish): void {
    const path = `projects/${projectOf(network)}/global/firewalls/${name}`
    this.#state.firewalls.set(path, {
      direction: 'INGRESS',
      priority: 1000,
      disabled: false,
      action: 'allow',
      protocols: ['all'],
      sourceTags: [],
      sourceServiceAccounts: [],
      targetTags: [],
      targetServiceAccounts: [],
      created: 0,
      ...more,
      path,
      id: this.#state.newId(),
      name,
      network,
      ranges: ranges.map(parseCidr),
    })
  }

  removeFirewalls(network: ResourcePath): void {
    for (const { path, ...rule } of this.#state.firewalls.values())
      if (rule.network === network) this.#state.firewalls.delete(path)
  }

  /** Behind those that it has. */
  addFirewallPolicy(network: ResourcePath, policy: FirewallPolicy, { first = false } = {}): void {
    const { policies, ...rest } = this.#network(network)
    this.#state.networks.set(network, { ...rest, policies: [...policies, policy], policyFirst: first })
  }

  addRouter(network: ResourcePath, region: string, name: string, ...nats: readonly Nat[]): void {
    const path = `projects/${projectOf(network)}/regions/${region}/routers/${name}`
    this.#state.routers.set(path, { path, id: this.#state.newId(), name, region, network, nats, created: 0 })
  }

  removeRouters(network: ResourcePath): void {
    for (const { path, ...router } of this.#state.routers.values())
      if (router.network === network) this.#state.routers.delete(path)
  }

  setProjectMetadata(projectId: string, metadata: Metadata): void {
    const project = this.#state.projects.get(projectId)
    if (project === undefined) throw new Error(`there is no ${projectId}`)
    this.#state.projects.set(projectId, { ...project, metadata })
  }

  #network(path: ResourcePath): Network {
    const found = this.#state.networks.get(path)
    if (found === undefined) throw new Error(`there is no ${path}`)
    return found
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

  subnetwork(path: ResourcePath): Subnetwork {
    const found = this.#state.subnetworks.get(path)
    if (found === undefined) throw new Error(`there is no ${path}`)
    return found
  }

  /** A secondary range more, as Terraform and gcloud add them. */
  addSecondaryRange(path: ResourcePath, name: string, range: string): void {
    const subnetwork = this.subnetwork(path)
    const secondaryRanges = [...subnetwork.secondaryRanges, { name, range: parseCidr(range) }]
    this.#state.subnetworks.set(path, { ...subnetwork, secondaryRanges })
  }

  addInstance(wish: InstanceWish): Instance {
    const { project, zone, name, canIpForward = true, tags = [], aliases = [] } = wish
    const { external, labels = {}, metadata = {}, serviceAccount } = wish
    const path = `projects/${project}/zones/${zone}/instances/${name}`
    const interfaces = wish.subnetworks.map((subnetwork, index): NetworkInterface => {
      const first = index === 0 ? aliases : []
      return {
        ...this.#place(subnetwork, zone),
        name: `nic${index}`,
        ...(external === undefined || index > 0 ? {} : { external: parseAddress(external) }),
        aliases: first.map(aliasOf),
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
      labels,
      metadata,
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
      interfaces,
      created: 0,
    }
    this.#state.instances.set(path, instance)
    return instance
  }

  /** Its alias ranges become these, all of them; each of a secondary range, or of the primary one where none is named. */
  setAliases(
    path: ResourcePath,
    interfaceName: string,
    aliases: readonly { readonly range: string; readonly rangeName?: string }[],
  ): void {
    const instance = this.instance(path)
    for (const nic of instance.interfaces.filter(({ name }) => name === interfaceName))
      for (const { range, rangeName } of aliases) {
        const subnetwork = this.subnetwork(nic.subnetwork)
        const secondary = subnetwork.secondaryRanges.find(({ name }) => name === rangeName)
        const within = rangeName === undefined ? subnetwork.range : secondary?.range
        if (within === undefined || !containsCidr(within, parseCidr(range)))
          throw new Error(`${range} lies in no range ${rangeName ?? ''} of ${nic.subnetwork}`)
      }
    const interfaces = instance.interfaces.map((nic): NetworkInterface =>
      nic.name === interfaceName ? { ...nic, aliases: aliases.map(aliasOf), version: nic.version + 1 } : nic,
    )
    this.#state.instances.set(path, { ...instance, interfaces })
  }

  /** Whether an operation is at work on it. */
  isBusy(path: ResourcePath): boolean {
    return this.#state.busy.has(path)
  }

  removeInstance(path: ResourcePath): void {
    this.#state.instances.delete(path)
  }

  changeInstance(
    path: ResourcePath,
    change: Partial<Pick<Instance, 'canIpForward' | 'labels' | 'metadata' | 'status' | 'tags'>>,
  ): void {
    this.#state.instances.set(path, { ...this.instance(path), ...change })
  }

  instances(): readonly Instance[] {
    return [...this.#state.instances.values()]
  }

  has(path: ResourcePath): boolean {
    return this.#state.instances.has(path)
  }

  instance(path: ResourcePath): Instance {
    const found = this.#state.instances.get(path)
    if (found === undefined) throw new Error(`there is no ${path}`)
    return found
  }

  addRoute(wish: RouteWish): void {
    const { network, name, description = '', destination, priority = 1000 } = wish
    const project = projectOf(network)
    const gateway = `projects/${project}/global/gateways/default-internet-gateway`
    const path = `projects/${project}/global/routes/${name}`
    this.#state.routes.set(path, {
      path,
      id: this.#state.newId(),
      name,
      description,
      network,
      destination: parseCidr(destination),
      priority,
      tags: [],
      nextHop: wish.nextHop ?? { kind: 'gateway', gateway },
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

const aliasOf = ({
  range,
  rangeName,
}: {
  readonly range: string
  readonly rangeName?: string
}): AliasRange => ({
  range: parseCidr(range),
  ...(rangeName === undefined ? {} : { rangeName }),
})
