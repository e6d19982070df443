import { HOST } from './scenario.ts'

/** One plugin of a chain, as a list has it, without what all have. */
export interface ChainedPlugin {
  readonly type: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Whether it gets the chain's runtimeConfig: what it has a capability for. */
  readonly capability?: 'portMappings' | 'bandwidth'
}

/** A connection that is tried when the pods are attached. */
export interface Probe {
  readonly from: Place
  /** An address, or a place whose first IPv4 address is meant. */
  readonly to: string
  readonly port: number
  /** Who listens, on which port. */
  readonly server: Place
  readonly serverPort: number
}

/** `outside`: a machine beside the node. */
export type Place = 'node' | 'outside' | 'pod 0' | 'pod 1'

/** What a pod's runtime asks for, by its pod. */
export type Wishes = Readonly<Record<0 | 1, Readonly<Record<string, unknown>>>>

/** Two pods come, are checked, and go, through the same chain on two hosts. */
export interface ChainScenario {
  readonly name: string
  readonly plugins: readonly ChainedPlugin[]
  readonly runtimeConfig: Wishes
  readonly probes: readonly Probe[]
}

const ranges = { v4: [{ subnet: '10.1.2.0/24' }], v6: [{ subnet: 'fd00:1::/64' }] } as const
const ipamWithoutRoutes = (families: readonly ('v4' | 'v6')[] = ['v4']): object => ({
  type: 'host-local',
  dataDir: `/run/pod-hosts/${HOST}/data`,
  ranges: families.map((family) => ranges[family]),
})
const ipam = (families: readonly ('v4' | 'v6')[] = ['v4']): object => ({
  ...ipamWithoutRoutes(families),
  routes: families.map((family) => ({ dst: family === 'v4' ? '0.0.0.0/0' : '::/0' })),
})

const ptp = (fields: object = {}): ChainedPlugin => ({ type: 'ptp', fields: { ipam: ipam(), ...fields } })
const portmap = (fields: object = {}): ChainedPlugin => ({
  type: 'portmap',
  fields: { ...fields },
  capability: 'portMappings',
})
const bandwidth = (fields: object = {}): ChainedPlugin => ({
  type: 'bandwidth',
  fields: { ...fields },
  capability: 'bandwidth',
})
const bridge = (fields: object = {}): ChainedPlugin => ({
  type: 'bridge',
  fields: { bridge: 'br0', ipam: ipam(), ...fields },
})
const macvlan = (fields: object = {}): ChainedPlugin => ({
  type: 'macvlan',
  fields: { master: uplink.name, ipam: ipam(), ...fields },
})

/** The node's way out, to the place outside. */
export const uplink = {
  name: 'uplink0',
  node: '192.0.2.10',
  outside: '192.0.2.1',
  other: '192.0.2.11',
} as const
const [podOne, podTwo, gateway] = ['10.1.2.2', '10.1.2.3', '10.1.2.1']

const hostPort = 8080
const serverPort = 80
const mapped = { hostPort, containerPort: serverPort, protocol: 'tcp' }
const none: Wishes = { 0: {}, 1: {} }
const onlyFirst = (mapping: object): Wishes => ({ 0: { portMappings: [mapping] }, 1: { portMappings: [] } })

/** From everywhere to the first pod by an address of the node. */
const toNode = (
  to: string,
  from: readonly Place[] = ['node', 'outside', 'pod 0', 'pod 1'],
): readonly Probe[] => from.map((place) => ({ from: place, to, port: hostPort, server: 'pod 0', serverPort }))

const out: Probe = { from: 'pod 0', to: uplink.outside, port: 81, server: 'outside', serverPort: 81 }
const podToPod: Probe = { from: 'pod 1', to: podOne, port: 82, server: 'pod 0', serverPort: 82 }
const podToNode: Probe = { from: 'pod 0', to: gateway, port: 83, server: 'node', serverPort: 83 }
const rate = { ingressRate: 8_000_000, ingressBurst: 400_000, egressRate: 4_000_000, egressBurst: 200_000 }

export const chainScenarios: readonly ChainScenario[] = [
  {
    name: 'ptp and portmap: one port, on every address of the node',
    plugins: [ptp(), portmap()],
    runtimeConfig: onlyFirst(mapped),
    probes: [...toNode(uplink.node), ...toNode('127.0.0.1', ['node']), podToPod],
  },
  {
    name: 'ptp and portmap: on one address of the node',
    plugins: [ptp(), portmap()],
    runtimeConfig: onlyFirst({ ...mapped, hostIP: uplink.other }),
    probes: [...toNode(uplink.other, ['node', 'outside']), ...toNode(uplink.node, ['node', 'outside'])],
  },
  {
    name: 'ptp and portmap: sources are kept (snat: false)',
    plugins: [ptp(), portmap({ snat: false })],
    runtimeConfig: onlyFirst(mapped),
    probes: toNode(uplink.node, ['node', 'outside', 'pod 1']),
  },
  {
    name: 'ptp and portmap: dual-stack, nobody wants a port',
    plugins: [ptp({ ipam: ipam(['v4', 'v6']) }), portmap()],
    runtimeConfig: { 0: { portMappings: [] }, 1: {} },
    probes: [podToPod],
  },
  {
    name: 'ptp that masquerades, and portmap',
    plugins: [ptp({ ipMasq: true }), portmap()],
    runtimeConfig: onlyFirst(mapped),
    probes: [...toNode(uplink.node, ['outside']), out, podToPod, podToNode],
  },
  {
    name: 'ptp and bandwidth: both ways, one way, no limit',
    plugins: [ptp(), bandwidth()],
    runtimeConfig: {
      0: { bandwidth: rate },
      1: { bandwidth: { egressRate: rate.egressRate, egressBurst: rate.egressBurst } },
    },
    probes: [podToPod],
  },
  {
    name: 'ptp and bandwidth: limits of the network',
    plugins: [ptp(), bandwidth(rate)],
    runtimeConfig: none,
    probes: [],
  },
  {
    name: 'bridge as a gateway, with hairpin and ipMasq',
    plugins: [bridge({ isGateway: true, hairpinMode: true, ipMasq: true })],
    runtimeConfig: none,
    probes: [out, podToPod, podToNode],
  },
  {
    name: 'bridge as the default gateway, in promiscuous mode, dual-stack',
    plugins: [
      bridge({ isDefaultGateway: true, promiscMode: true, ipam: ipamWithoutRoutes(['v4', 'v6']), mtu: 1400 }),
    ],
    runtimeConfig: none,
    probes: [podToPod],
  },
  {
    name: 'bridge whose ports are isolated',
    plugins: [bridge({ portIsolation: true })],
    runtimeConfig: none,
    probes: [podToPod],
  },
  {
    name: 'bridge, portmap and bandwidth',
    plugins: [bridge({ isGateway: true }), portmap(), bandwidth()],
    runtimeConfig: { 0: { portMappings: [mapped], bandwidth: rate }, 1: { portMappings: [], bandwidth: {} } },
    probes: toNode(uplink.node, ['outside', 'pod 1']),
  },
  {
    name: 'macvlan of the uplink',
    plugins: [macvlan()],
    runtimeConfig: none,
    probes: [{ ...podToPod, to: podOne }],
  },
  {
    name: 'macvlan whose pods are kept apart, with an MTU',
    plugins: [macvlan({ mode: 'private', mtu: 1400 })],
    runtimeConfig: none,
    probes: [{ from: 'pod 0', to: podTwo, port: 84, server: 'pod 1', serverPort: 84 }],
  },
]
