/**
 * What the two halves of the node agent say to each other, over a unix socket that only they share: `podway agent`, which
 * knows Kubernetes and may do nothing to the machine, and `podway-cni serve`, which may do these named things to the
 * machine and knows nothing else. All of it is data; the types are the contract, and the serving side believes none of it.
 *
 * A frame is a JSON text on a line of its own, in UTF-8, at most {@link maxFrameBytes} long with its line feed. The agent
 * sends requests, each with an id of its own, and `hello` first; each is answered once, in their order. Between answers
 * come news, on a connection that has asked for them. A frame that is too long, or no request, ends the connection.
 *
 * Every operation says how something shall be, and may be repeated at will: where it is so already, nothing is done. The
 * serving side remembers nothing between requests that a restart would miss. Addresses and ranges are canonical text.
 */
export const protocolVersion = 1

/** 500 peers of two families take about 120 kB. */
export const maxFrameBytes = 1 << 20

/**
 * How many lists and objects, and how many commas, a request may have. A short text can stand for a hundred times its
 * memory (`[[],[],…`); these are more than the longest request has, {@link maxRouteChanges} changes.
 */
export const maxRequestParts = { containers: 10_000, commas: 20_000 } as const

/**
 * The owner's mark of our routes in the kernel's table: rtm_protocol, `p` in ASCII. Free: neither reserved by the kernel's
 * headers or iproute2 (0 to 4, 8 to 18, 42, 99, 186 to 189, 192), nor taken by what else runs on nodes (66 Google's guest
 * agent, 80 Calico, 84 OVN, 191 and 193 to 198 FRR).
 */
export const routeProtocol = 112

/**
 * The metric of our routes, of both families. Kernels keep routes to one destination apart by it: so ours takes no other's
 * place, since nobody has this one by default (0 for IPv4, 1024 for IPv6 and for systemd-networkd's DHCP, 100 and 600 for
 * NetworkManager), and what people and programs make without a thought goes before ours.
 */
export const routeMetric = 1120

/** Of one request `routes.apply`: they fit into a frame, whatever they say. */
export const maxRouteChanges = 4_000

/** Each operation: what is asked, and what is answered. */
export interface Operations {
  /** The first request of a connection. Another version than the server's is refused (`unsupported`). */
  readonly hello: Operation<{ readonly protocol: number }, Greeting>

  /** What is in the runtime's configuration folder, and which files of ours are where they shall be. Changes nothing. */
  readonly 'cni.inspect': Operation<NoParameters, Installation>
  /** Puts this executable, under its plugins' names, where runtimes look for plugins; others' plugins stay. */
  readonly 'cni.install': Operation<NoParameters, Changed>
  /** Lays our configuration list, atomically. `refused` if the executable is not in place. */
  readonly 'cni.configure': Operation<NetworkSettings, Changed>
  /** Takes away all that the other operations have laid or set: files, rules, routes, addresses. Pods stay as they are. */
  readonly 'cni.uninstall': Operation<NoParameters, Changed>

  /**
   * The main table's routes of both families, whoever made them, and the node's own addresses. Not those for some packets
   * only (by type of service, by source). `refused` if there are more than a frame takes.
   */
  readonly 'routes.list': Operation<NoParameters, KernelTable>
  /** Carries out the changes in their order; one that fails stops no other. One outcome a change. Ours only, by their mark. */
  readonly 'routes.apply': Operation<
    { readonly changes: readonly RouteChange[] },
    { readonly outcomes: readonly RouteOutcome[] }
  >
  /** From now on, news `routes` come on this connection when routes, links or addresses have changed. */
  readonly 'routes.watch': Operation<NoParameters, NoParameters>
  /** What on this machine would take our routes away. Changes nothing. */
  readonly 'routes.inspect': Operation<NoParameters, RouteHazards>

  /** The node-wide nf_tables rules, as a whole: replaced in one transaction, so that there is no moment without them. */
  readonly 'rules.set': Operation<NodeRules, Changed>

  /** Addresses that the node itself holds, each as a /32 or /128 of its loopback interface; no others of ours remain. */
  readonly 'addresses.hold': Operation<{ readonly addresses: readonly string[] }, Changed>

  /**
   * What this machine's kernel does with a packet from one address to another, and what it knows of both. Changes nothing.
   */
  readonly 'path.inspect': Operation<PathQuestion, PathFacts>

  /** Frees what pods have left behind that no longer exist. Never by what an API says: by network namespaces and the runtime. */
  readonly 'garbage.collect': Operation<NoParameters, { readonly collected: readonly Garbage[] }>
}

export type OperationName = keyof Operations
export interface Operation<P, R> {
  readonly parameters: P
  readonly result: R
}
export type Parameters<N extends OperationName> = Operations[N]['parameters']
export type Result<N extends OperationName> = Operations[N]['result']

export type NoParameters = Readonly<Record<string, never>>

export interface Request<N extends OperationName = OperationName> {
  /** A whole number from 0 to 2⁵³ - 1; the answer repeats it. */
  readonly id: number
  readonly operation: N
  readonly parameters: Parameters<N>
}

export type Answer<N extends OperationName = OperationName> =
  { readonly id: number; readonly result: Result<N> } | { readonly id: number; readonly error: ServeFailure }

/** Something changed; what, one has to ask. Many changes may come as one. */
export interface News {
  readonly news: 'routes'
}

export interface ServeFailure {
  /**
   * `invalid`: the request is not one of ours; `field` says where · `unsupported`: this server can't do that · `refused`:
   * it would harm, as things are on this machine · `system`: a system call failed, `errno` says how.
   */
  readonly code: 'invalid' | 'unsupported' | 'refused' | 'system'
  /** A sentence for a person, with the value and the remedy. */
  readonly message: string
  readonly field?: string
  readonly errno?: number
}

export interface Greeting {
  readonly protocol: number
  /** Of the executable that serves. */
  readonly version: string
  /** Another one after each start of the machine. */
  readonly bootId: string
}

/** Whether there was something to do, and what was done, in words for a log. */
export interface Changed {
  readonly changed: readonly string[]
}

export interface Installation {
  /** In the order in which runtimes read them: the first one counts. */
  readonly configurations: readonly FoundConfiguration[]
  /** Names of our executable that are in place and up to date. */
  readonly plugins: readonly string[]
}

/** A file of the runtime's configuration folder that a runtime would load. */
export interface FoundConfiguration {
  readonly file: string
  readonly isOurs: boolean
  /** Of the network; absent where the file can't be read as a configuration. */
  readonly name?: string
  /** Of the plugins in it, in their order. */
  readonly types?: readonly string[]
  /** Where a plugin of it has its addresses from host-local: from these ranges. */
  readonly ranges?: readonly string[]
}

export interface NetworkSettings {
  /** Node.spec.podCIDRs: one or two, each of another family. */
  readonly podCidrs: readonly string[]
  /** Of pods' interfaces, 1280 to 65535; absent: the uplink's, as the plugin finds it at each ADD. */
  readonly mtu?: number
  /** Whether pods' packets to elsewhere are masqueraded by the plugin, pod by pod. Mostly the node's rules do that. */
  readonly masquerade?: boolean
  /**
   * File name of the configuration whose pods live on under ours: its network's name and reservations go on. `refused` if
   * its ranges are others than the podCIDRs.
   */
  readonly takeOver?: string
}

export interface KernelTable {
  readonly routes: readonly KernelRoute[]
  readonly links: readonly KernelLink[]
}

/** A route of the main table. Of several to one destination the first in the list is used, if it is not dead. */
export interface KernelRoute {
  readonly destination: string
  /** What becomes of packets to it, if they are not sent on. */
  readonly kind?: 'blackhole' | 'unreachable' | 'prohibit' | 'throw'
  /** rtm_protocol: who made it; {@link routeProtocol} is ours. */
  readonly protocol: number
  /** rtm_scope: 253 is on-link. */
  readonly scope: number
  /** Absent where it has several ways, or none. */
  readonly gateway?: string
  readonly interface?: string
  /** How many ways share the packets, if there are several. */
  readonly ways?: number
  readonly metric: number
  /** No way of it can be used now: the link is down, or has no carrier. */
  readonly isDead?: true
}

/** A link by which others can be reached: one that has an address with a prefix of its own, not link-local. */
export interface KernelLink {
  readonly name: string
  /** Up, with carrier. */
  readonly isUp: boolean
  /** Those, with their prefix lengths. */
  readonly addresses: readonly string[]
}

/**
 * `from`: the gateway that the plan saw there; if another one is there now, nothing is done. One destination at most once a
 * request. A replace `from` its own gateway writes the route anew, by the link on which the gateway is now.
 */
export type RouteChange =
  | { readonly op: 'create'; readonly destination: string; readonly gateway: string }
  | { readonly op: 'replace'; readonly destination: string; readonly from: string; readonly gateway: string }
  | { readonly op: 'delete'; readonly destination: string; readonly from: string }

export type RouteOutcome =
  /** `existed`: it was so already, and nothing was written. */
  | { readonly result: 'done'; readonly existed?: true }
  /**
   * `changed`: it is not what `from` says, or a route there is not ours · `unreachable`: the gateway is not on-link ·
   * `refused`: it would take packets from the node's own links · `system`: the kernel says no, `errno` why.
   */
  | {
      readonly result: 'failed'
      readonly reason: 'changed' | 'unreachable' | 'refused' | 'system'
      readonly message: string
      readonly errno?: number
    }

export interface RouteHazards {
  /**
   * systemd-networkd: it does not run · it leaves others' routes alone · it removes them whenever it starts, or configures
   * a link anew.
   */
  readonly networkd: 'absent' | 'keeps' | 'removes'
}

export interface NodeRules {
  /** Absent: no packet is masqueraded. */
  readonly masquerade?: {
    /** Where pods' packets come from: the cluster's pools. */
    readonly sources: readonly string[]
    /** Destinations that see pods under their own addresses. Multicast ones always do, the node's own too. */
    readonly exceptions: readonly string[]
    /**
     * Whether what goes to 169.254.0.0/16 is masqueraded, where clouds have their metadata services and resolvers. Absent:
     * it is not.
     */
    readonly linkLocal?: boolean
    /** Source ports by chance, not in a row. */
    readonly randomFully: boolean
  }
  /** Drops what leaves a pod under an address that is not routed to it. */
  readonly antiSpoofing: boolean
  /** Drops what pods send to the clouds' instance metadata services. */
  readonly blockMetadata: boolean
}

export interface Garbage {
  readonly kind: 'reservation' | 'link' | 'rule' | 'result'
  /** The address, the link's name, the rule's comment, the file. */
  readonly what: string
  readonly containerId?: string
  /** In words for a log and an Event: `its network namespace is gone`. */
  readonly why: string
}

/** A packet that somebody may send over this machine, from it, or to it. */
export interface PathQuestion {
  readonly source: string
  /** Of the same family. */
  readonly destination: string
  /**
   * Of what comes from elsewhere: the address of this machine at whose interface it arrives. Absent: it comes in by the
   * interface to which its source is routed, as pods' packets do.
   */
  readonly arrival?: string
  /** It answers another one: firewalls that remember connections know its connection. */
  readonly isReply?: boolean
}

/** What a kernel says about a packet. It is asked by look-ups, so that policy rules are heeded; nothing is sent. */
export interface PathFacts {
  readonly source: PathEnd
  readonly destination: PathEnd
  /** Where the packet comes in; absent: the machine itself sends it, or the interface is not known. */
  readonly entry?: PathLink
  readonly way: PathWay
  /** The interface by which it leaves; absent: it does not. */
  readonly exit?: PathLink
  /** Whether the machine forwards packets of the family at all (`ip_forward`, `conf/all/forwarding`). */
  readonly forwards: boolean
  /** Pods' interfaces that are down, and so without routes, whoever they are of: a few of them. */
  readonly downInterfaces: readonly string[]
  /** What of the firewall may stop the packet, or change it. */
  readonly firewall: PathFirewall
}

/** How an address lies to the machine. */
export interface PathEnd {
  /** The entry of the tables that matches it best, policy rules left aside; absent: there is none. */
  readonly route?: PathRoute
  /** The interface of the route. */
  readonly link?: PathLink
  /** What that interface knows of the address, or of the route's gateway; absent: nothing, as when nobody has asked yet. */
  readonly neighbour?: PathNeighbour
}

export interface PathRoute {
  readonly destination: string
  readonly kind: PathRouteKind
  readonly table: number
  /** rtm_protocol: who made it. */
  readonly protocol: number
  readonly gateway?: string
  readonly interface?: string
  /** The greatest packet that its way takes, where the route says so. */
  readonly mtu?: number
}

/** `local`: the machine takes the packet for itself. */
export type PathRouteKind =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'
  | 'other'

export interface PathLink {
  readonly name: string
  /** `veth`, …; absent for physical devices. */
  readonly kind?: string
  readonly isUp: boolean
  /** The other end of the cable is up too. */
  readonly hasCarrier: boolean
  readonly mtu: number
  readonly mac?: string
  /** Who it is of, if the CNI plugin said so. */
  readonly alias?: string
  /** Whether what comes in here is forwarded. Of IPv6 one setting counts for all. */
  readonly forwards: boolean
  /** rp_filter, of `all` and of the interface the greater: 0 off, 1 strict, 2 loose. Absent: IPv6 has none. */
  readonly reversePathFilter?: number
  /** Of a veth: its other end, in the pod; absent where the kernel does not tell. */
  readonly peer?: PathPeer
}

export interface PathPeer {
  readonly name: string
  readonly isUp: boolean
  readonly mtu: number
  readonly mac?: string
}

export interface PathNeighbour {
  /** `known`: it has answered, or was set by hand (`permanent`) · `asked`: an answer is awaited · `failed`: there was none. */
  readonly state: 'known' | 'permanent' | 'asked' | 'failed'
  readonly mac?: string
}

/** The kernel's answer for the packet. */
export type PathWay =
  | { readonly result: 'found'; readonly route: PathRoute }
  /**
   * `reverse-path`: the source is routed by another interface, and the filter is strict, or it is not routed at all ·
   * `no-route` · `unreachable`, `prohibit`, `blackhole`: a route says so, or a rule · `not-forwarded`: it comes in where
   * nothing is forwarded · `martian`: no packet may have such an address.
   */
  | {
      readonly result: 'refused'
      readonly why:
        'reverse-path' | 'no-route' | 'unreachable' | 'prohibit' | 'blackhole' | 'martian' | 'other'
      readonly errno: number
    }

export interface PathFirewall {
  /** Of nf_tables, in the order in which they see the packet; absent: they could not be read. */
  readonly chains?: readonly PathChain[]
  /** Tables of the old iptables, whose rules are not looked at. */
  readonly legacyTables: readonly string[]
}

/** A base chain that sees the packet. */
export interface PathChain {
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
  /** Of type `nat` it sees the first packet of a connection only, and says what becomes of the addresses of all. */
  readonly type: 'filter' | 'nat' | 'route'
  readonly priority: number
  /**
   * What becomes of the packet there; `unclear` where a rule asks for more than addresses, interfaces and whether the
   * connection is new, or there are too many.
   */
  readonly verdict: 'accept' | 'drop' | 'masquerade' | 'translate' | 'unclear'
  /** The rule that decides, or may: in the words of a person. Absent: the policy does. */
  readonly rule?: string
}
