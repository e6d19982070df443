import { type Address, addressToBytes } from '../../net/address.ts'
import { HookNumber } from './chain.ts'
import type { Element } from './element.ts'
import { digest } from './digest.ts'
import { families } from './names.ts'
import { addressPortMap, hairpinSet, masqueradeSuffix, ownerSet, portMap, sourceSet } from './port-names.ts'
import {
  cameFromElsewhere,
  goesToLoopback4,
  goesToLoopback6,
  goesToNode,
  isPairIn,
  translatedByAddress,
  translatedByPort,
  wasTranslatedTo,
} from './port-steps.ts'
import type { Ruleset, WholeChain, WholeSet } from './ruleset.ts'
import { counted, decide, goto, masquerade } from './steps.ts'

/** IPPROTO_*: those that have ports where TCP has them. */
export const PortProtocol = { tcp: 6, udp: 17, sctp: 132 } as const
export type PortProtocol = (typeof PortProtocol)[keyof typeof PortProtocol]

/** A port of the node that leads to a port of a pod. */
export interface PortMapping {
  readonly protocol: PortProtocol
  readonly hostPort: number
  /** Of the node; undefined: all that it has. Of the same family as `address`. */
  readonly hostAddress: Address | undefined
  /** Of the pod. */
  readonly address: Address
  readonly port: number
}

/** A connection by a mapping that needs another source, so that its answers come back here. */
export interface Hairpin {
  readonly source: Address
  readonly destination: Address
}

/** What belongs to one attachment, and what has to be there for it. */
export interface PortPlan {
  readonly ruleset: Ruleset
  readonly elements: readonly PlacedElement[]
}

/** An element, and the set that it belongs in. */
export interface PlacedElement {
  readonly set: string
  readonly element: Element
}

const transport: WholeChain = {
  name: 'pod-port-maps',
  rules: [
    // The kernel sends nothing from ::1 to elsewhere: who connects there reaches the node itself, or nobody.
    [...goesToLoopback6, decide('return')],
    ...families.flatMap((family) => [
      translatedByAddress(family, addressPortMap(family)),
      translatedByPort(family, portMap(family)),
    ]),
  ],
}

/**
 * Only what goes to the node itself is led elsewhere: a pod that asks for port 53 gets none of what other pods send to
 * a resolver out there (GHSA-jv3w-x3r3-g6rm).
 */
const entry = (name: string, hook: number): WholeChain => ({
  name,
  hook: { type: 'nat', number: hook, priority: -100 },
  rules: [[...goesToNode, { step: 'verdict', verdict: goto(transport.name) }]],
})

const hairpins: WholeChain = {
  name: 'pod-port-hairpins',
  hook: { type: 'nat', number: HookNumber.postrouting, priority: 100 },
  rules: families.map((family) => [
    ...isPairIn(family, hairpinSet(family)),
    counted,
    masquerade({ randomFully: false }),
  ]),
}

/**
 * So that the node's 127.0.0.1 can be led to a pod, that pod's interface lets packets of 127.0.0.0/8 pass. None that comes
 * from elsewhere may use that: services that listen there count on it (CVE-2020-8558). Before any translation, so that
 * answers, which go to the node's own address, pass.
 */
const guard: WholeChain = {
  name: 'pod-port-guard',
  hook: { type: 'filter', number: HookNumber.prerouting, priority: -300 },
  rules: [[...cameFromElsewhere, ...goesToLoopback4, counted, decide('drop')]],
}

const sets: readonly WholeSet[] = [
  { name: ownerSet, family: 4, kind: 'digests', intervals: undefined },
  ...families.flatMap((family): readonly WholeSet[] => [
    { name: portMap(family), family, kind: 'ports', intervals: undefined },
    { name: addressPortMap(family), family, kind: 'address-ports', intervals: undefined },
    { name: hairpinSet(family), family, kind: 'pairs', intervals: undefined },
  ]),
]

/** What has to be there for any mapping. Mappings are elements: a packet, and a pod, cost the same with hundreds of them. */
export const portRuleset: Ruleset = {
  chains: [
    transport,
    entry('pod-ports', HookNumber.prerouting),
    entry('pod-port-output', HookNumber.output),
    hairpins,
    guard,
  ],
  sets,
}

/** What has to be there for pods of whom all connections by a mapping get another source. */
export const sourceRuleset: Ruleset = {
  chains: [
    {
      name: `pod-port-sources${masqueradeSuffix}`,
      hook: { type: 'nat', number: HookNumber.postrouting, priority: 100 },
      rules: families.map((family) => [
        ...wasTranslatedTo(family, sourceSet(family)),
        counted,
        masquerade({ randomFully: false }),
      ]),
    },
  ],
  sets: families.map((family) => ({
    name: sourceSet(family),
    family,
    kind: 'targets',
    intervals: undefined,
  })),
}

/** What leads to the pod. `comment` says whose mapping it is; `suffix`, which maps it is in: those of conditions. */
export function mappingElement(mapping: PortMapping, comment: string, suffix = ''): PlacedElement {
  const { protocol, hostPort, hostAddress, address, port } = mapping
  const { family } = address
  const ports = portKey(protocol, hostPort)
  const node = hostAddress === undefined ? [] : addressToBytes(hostAddress)
  return {
    set: `${hostAddress === undefined ? portMap(family) : addressPortMap(family)}${suffix}`,
    element: {
      key: Uint8Array.of(...node, ...ports),
      isEnd: false,
      data: Uint8Array.of(...addressToBytes(address), port >>> 8, port & 0xff, 0, 0),
      comment,
    },
  }
}

/** Of what is led to that port of the pod, whoever begins it: it gets another source. */
export const sourceElement = (mapping: PortMapping, comment: string): PlacedElement => ({
  set: sourceSet(mapping.address.family),
  element: {
    key: Uint8Array.of(...addressToBytes(mapping.address), ...portKey(mapping.protocol, mapping.port)),
    isEnd: false,
    comment,
  },
})

const portKey = (protocol: PortProtocol, port: number): readonly number[] => [
  protocol,
  0,
  0,
  0,
  port >>> 8,
  port & 0xff,
  0,
  0,
]

export const hairpinElement = ({ source, destination }: Hairpin, comment: string): PlacedElement => ({
  set: hairpinSet(source.family),
  element: {
    key: Uint8Array.of(...addressToBytes(source), ...addressToBytes(destination)),
    isEnd: false,
    comment,
  },
})

export const ownerElement = (comment: string): PlacedElement => ({
  set: ownerSet,
  element: { key: digest(comment), isEnd: false, comment },
})
