import { type Address, formatAddress, parseAddress } from '../../net/address.ts'
import type { Call } from '../call.ts'
import { type MappedPort, formatHostPort } from '../nftables/mapped-port.ts'
import { Nftables } from '../nftables/nftables.ts'
import {
  type Hairpin,
  type PlacedElement,
  type PortMapping,
  type PortPlan,
  hairpinElement,
  mappingElement,
  ownerElement,
  portRuleset,
  sourceElement,
  sourceRuleset,
} from '../nftables/pod-ports.ts'
import { conditionRuleset, conditionSuffix } from '../nftables/port-conditions.ts'
import { addPorts } from '../nftables/port-addition.ts'
import { removePorts } from '../nftables/port-removal.ts'
import { tidyPorts } from '../nftables/port-tidying.ts'
import { resolveRoute } from '../netlink/lookup.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode, toCniError } from '../spec/error.ts'
import type { Result } from '../spec/result.ts'
import type { System } from '../sys.ts'
import type { Undo } from '../undo.ts'
import { noteBackend } from './backend-note.ts'
import { type Attached, podAddresses } from './attached.ts'
import { isAttached } from './port-holder.ts'
import { type PortmapConfig, readPortmapConfig } from './portmap-config.ts'
import { setSysctl } from './sysctl.ts'
import { forgetStale } from './port-connections.ts'
import { masqueradeComment } from './veth-name.ts'

/** Maps ports of the node to the pod: a part of a chain, which changes nothing in the result. */
export function mapPorts(call: Call, result: Result, undo: Undo): Result {
  const wanted = readPortmapConfig(call)
  forwardPorts(call, { attached: result, wanted }, undo)
  return result
}

/**
 * Maps the ports to the addresses that the pod has. Without a port, or an address of their families, nothing is touched.
 * Called as the reference plugin, ports that lead to other pods are taken from them, as there: the last one wins.
 *
 * @throws CniError "port taken" (102), or as the kernel refuses
 */
export function forwardPorts(
  call: Call,
  { attached, wanted }: { readonly attached: Attached; readonly wanted: PortmapConfig },
  undo: Undo,
): void {
  const { system, environment, config, reference } = call
  const addresses = podAddresses(attached, environment.ifName)
  const mappings = toMappings(wanted, addresses)
  if (mappings.length === 0) return
  const comment = masqueradeComment({ ...environment, network: config.name })
  const nftables = new Nftables(system)
  // Before the attempt: it may be there although the answer got lost.
  undo.add(() => removePorts(nftables, (found) => found === comment, tidyPorts))
  addPorts(nftables, toPlan(mappings, wanted, comment), (taken, holder) => {
    if (reference) return 'loses'
    requireAbandoned(system, { taken, holder, addresses })
    return 'gone'
  })
  noteBackend(call, 'backend')
  const [v4] = addresses
  if (wanted.snat && v4?.family === 4) letLoopbackPass(system, v4)
  forgetStale(system, nftables.connection, mappings)
}

/** Those of families that the pod has no address of are left out, as upstream. */
export const toMappings = ({ ports }: PortmapConfig, addresses: readonly Address[]): readonly PortMapping[] =>
  ports.flatMap(({ families, containerPort, ...port }) =>
    addresses
      .filter(({ family }) => families.includes(family))
      .map((address) => ({ ...port, address, port: containerPort })),
  )

const loopback4 = parseAddress('127.0.0.1')

/** What the mappings consist of: elements of the maps, and what asks these. */
export function toPlan(
  mappings: readonly PortMapping[],
  { snat, masqueradesAll, conditions }: PortmapConfig,
  comment: string,
): PortPlan {
  const needed = conditions.filter(({ family }) => mappings.some(({ address }) => address.family === family))
  const more = [...needed.map(conditionRuleset), ...(snat && masqueradesAll ? [sourceRuleset] : [])]
  const parts = [portRuleset, ...more]
  const placed = mappings.map((mapping) => {
    const own = needed.find(({ family }) => family === mapping.address.family)
    return mappingElement(mapping, comment, own && conditionSuffix(own))
  })
  return {
    ruleset:
      more.length === 0
        ? portRuleset
        : { chains: parts.flatMap(({ chains }) => chains), sets: parts.flatMap(({ sets }) => sets) },
    elements: [ownerElement(comment), ...placed, ...sourcesOf(mappings, { snat, masqueradesAll }, comment)],
  }
}

/** What gives connections another source: all of them, or those that could not find back. */
function sourcesOf(
  mappings: readonly PortMapping[],
  { snat, masqueradesAll }: Pick<PortmapConfig, 'snat' | 'masqueradesAll'>,
  comment: string,
): readonly PlacedElement[] {
  if (!snat) return []
  // Two ports of the node that lead to one of the pod are one here.
  if (masqueradesAll)
    return uniqueBy(
      mappings.map((mapping) => sourceElement(mapping, comment)),
      keyOf,
    )
  const targets = uniqueBy(
    mappings.map(({ address }) => address),
    ({ family }) => `${family}`,
  )
  return targets.flatMap(hairpinsOf).map((hairpin) => hairpinElement(hairpin, comment))
}

const keyOf = ({ set, element }: PlacedElement): string => `${set} ${element.key.join()}`

/** The first of each key. */
const uniqueBy = <T>(all: readonly T[], keyOf: (one: T) => string): readonly T[] =>
  all.filter((one, index) => all.findIndex((other) => keyOf(other) === keyOf(one)) === index)

/** From the pod to itself, and from the node's own 127.0.0.1. */
const hairpinsOf = (destination: Address): readonly Hairpin[] => [
  { source: destination, destination },
  ...(destination.family === 4 ? [{ source: loopback4, destination }] : []),
]

/** @throws CniError "port taken" (102) if that other pod is there */
function requireAbandoned(
  system: System,
  {
    taken,
    holder,
    addresses,
  }: {
    readonly taken: MappedPort
    readonly holder: string | undefined
    readonly addresses: readonly Address[]
  },
): void {
  if (holder !== undefined && !isAttached(new Rtnetlink(system), { comment: holder, taken, addresses }))
    return
  throw new CniError(
    ErrorCode.portTaken,
    `host port ${formatHostPort(taken)} is taken: it leads to ${formatAddress(taken.address)} port ${taken.port}`,
    `${holder === undefined ? 'nobody says whose that is' : `that is ${holder}`}; use another hostPort or hostIP, or delete that pod`,
  )
}

/** Lets packets of 127.0.0.0/8 cross the pod's interface on the host, whichever that is. */
function letLoopbackPass(system: System, address: Address): void {
  const host = new Rtnetlink(system)
  const index = resolveRoute(host, address)?.index
  const name = index === undefined ? undefined : host.link(index)?.name
  if (name === undefined) return
  try {
    setSysctl(system.files, `ipv4/conf/${name}/route_localnet`, '1')
  } catch (error) {
    const { code, message } = toCniError(error)
    throw new CniError(code, `unable to enable route_localnet: ${message}`)
  }
}
