import type { Address } from '../../../net/address.ts'
import { type Cidr, containsAddress } from '../../../net/cidr.ts'
import { addressOnWire, cidrOnWire } from '../../wire-addresses.ts'
import type { Target } from '../../route.ts'
import type { NodeInterface } from '../interfaces.ts'
import { destinationOf, hasFailed, targetOf } from '../routes.ts'
import type { WireEffectiveRoute, WireRoute } from '../wire.ts'

/** A network interface, as far as packets care. */
export interface WayInterface {
  readonly id: string
  readonly mac: string | undefined
  readonly isPrimary: boolean
  readonly forwards: boolean
  /** Its own addresses, and ranges of addresses that its configurations hold. */
  readonly own: readonly Cidr[]
  /** Id of the one in which it is; undefined: it has no address yet. */
  readonly subnet: string | undefined
  /** The machine that has it. */
  readonly machine: string | undefined
}

/** What a packet may follow. */
export interface WayRoute {
  readonly destination: Cidr
  /** `table`: somebody wrote it · `learnt`: from a gateway or a route server · `network`: the network’s own, and of its peers. */
  readonly source: 'table' | 'learnt' | 'network'
  readonly hop: Target
  /** Of the table’s only. */
  readonly name?: string
  /** Azure could not put it into force. */
  readonly hasFailed?: boolean
}

/** A packet in the network, and all that decides about it. */
export interface AzureWay {
  readonly source: Address
  readonly destination: Address
  /** Where it leaves its Node. */
  readonly sender: { readonly node: string; readonly nic: WayInterface }
  /** The one that the sender’s subnet is associated with; undefined: none, and there is no main one either. */
  readonly table: { readonly id: string; readonly routes: readonly WireRoute[] } | undefined
  /** Those of the network, and of the networks that it is peered with. */
  readonly ranges: readonly Cidr[]
  /** What Azure says that packets from the interface follow, or why it could not be asked. */
  readonly inForce: { readonly routes: readonly WireEffectiveRoute[] } | { readonly unasked: string }
  /** Of the destination’s Node; undefined: it is on none, or its machine is not known. */
  readonly receiver:
    { readonly node: string; readonly nics: readonly WayInterface[]; readonly isRunning: boolean } | undefined
}

export function wayInterface({
  addresses,
  forwards,
  id,
  machine,
  primary,
  wire,
}: NodeInterface): WayInterface {
  const { ipConfigurations = [], macAddress } = wire.properties ?? {}
  const own = ipConfigurations.flatMap(({ properties: { privateIPAddress = '' } = {} }) => {
    const isRange = privateIPAddress.includes('/')
    const bits = privateIPAddress.includes(':') ? 128 : 32
    return cidrOnWire(isRange ? privateIPAddress : `${privateIPAddress}/${bits}`) ?? []
  })
  return {
    ...{ id, forwards, machine, own },
    isPrimary: primary,
    mac: macAddress?.toLowerCase().replaceAll('-', ':'),
    subnet: addresses.find((one) => one.primary)?.subnet ?? addresses[0]?.subnet,
  }
}

export const owns = ({ own }: WayInterface, address: Address): boolean =>
  own.some((range) => containsAddress(range, address))

/** Of the same range what somebody wrote comes first, then what is learnt, then the network’s own. */
const order: Readonly<Record<WayRoute['source'], number>> = { table: 0, learnt: 1, network: 2 }

/** The one that the packet follows: the longest prefix counts. */
export const bestRoute = (way: AzureWay): WayRoute | undefined =>
  [...tableRoutes(way), ...learntRoutes(way), ...networkRoutes(way)]
    .filter(({ destination }) => containsAddress(destination, way.destination))
    .toSorted(
      (a, b) => b.destination.prefixLength - a.destination.prefixLength || order[a.source] - order[b.source],
    )[0]

const tableRoutes = ({ table }: AzureWay): readonly WayRoute[] =>
  (table?.routes ?? []).flatMap((wire) => {
    // A service tag stands for ranges of Azure's own services, where no pod is.
    const destination = destinationOf(wire)
    if (destination === undefined) return []
    const hop = targetOf(wire)
    return [{ destination, hop, source: 'table', name: wire.name ?? '', hasFailed: hasFailed(wire) }]
  })

const learntRoutes = ({ inForce }: AzureWay): readonly WayRoute[] =>
  ('routes' in inForce ? inForce.routes : [])
    .filter(({ source }) => source !== 'User' && source !== 'Default')
    .flatMap(({ addressPrefix = [], nextHopIpAddress: [address] = [], nextHopType = 'unknown' }) =>
      addressPrefix.flatMap((prefix) => {
        const destination = cidrOnWire(prefix)
        const hop: Target =
          address === undefined ? { kind: 'other', id: nextHopType } : { kind: 'address', id: address }
        return destination === undefined ? [] : [{ destination, hop, source: 'learnt' as const }]
      }),
    )

const networkRoutes = ({ ranges }: AzureWay): readonly WayRoute[] =>
  ranges.map((destination) => ({ destination, source: 'network', hop: { kind: 'other', id: 'VnetLocal' } }))

/** Whether packets follow a table’s route; undefined if Azure could not be asked. */
export function isInForce({ destination, hop }: WayRoute, { inForce }: AzureWay): boolean | undefined {
  if ('unasked' in inForce) return undefined
  return inForce.routes.some(({ addressPrefix = [], nextHopIpAddress = [], nextHopType }) => {
    const leadsThere =
      hop.kind === 'address'
        ? nextHopIpAddress.some((text) => isSame(addressOnWire(text), addressOnWire(hop.id)))
        : nextHopType === hop.id
    return (
      leadsThere &&
      addressPrefix.map(cidrOnWire).some((one) => one !== undefined && isSameRange(one, destination))
    )
  })
}

const isSame = (a: Address | undefined, b: Address | undefined): boolean =>
  a !== undefined && a.family === b?.family && a.value === b.value

const isSameRange = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && a.network === b.network && a.prefixLength === b.prefixLength
