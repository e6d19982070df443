import { formatAddress, parseAddress } from '../../../net/address.ts'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import type { RestClient } from '../rest-client.ts'
import type { Nic, RouteTable, Subnet, UserRoute, VnetState } from './vnet-state.ts'

interface WireVnet {
  readonly properties?: {
    readonly addressSpace?: { readonly addressPrefixes?: readonly string[] }
    readonly subnets?: readonly WireSubnet[]
  }
}

interface WireSubnet {
  readonly id?: string
  readonly properties?: {
    readonly addressPrefix?: string
    readonly addressPrefixes?: readonly string[]
    readonly routeTable?: { readonly id?: string }
  }
}

interface WireTable {
  readonly id?: string
  readonly properties?: { readonly routes?: readonly WireRoute[] }
}

interface WireRoute {
  readonly properties?: {
    readonly addressPrefix?: string
    readonly nextHopType?: string
    readonly nextHopIpAddress?: string
  }
}

interface WireNic {
  readonly id?: string
  readonly properties?: {
    readonly enableIPForwarding?: boolean
    readonly virtualMachine?: { readonly id?: string }
    readonly ipConfigurations?: readonly {
      readonly properties?: { readonly privateIPAddress?: string; readonly subnet?: { readonly id?: string } }
    }[]
  }
}

interface WireMachine {
  readonly properties?: {
    readonly instanceView?: { readonly statuses?: readonly { readonly code?: string }[] }
  }
}

interface Page<Item> {
  readonly value?: readonly Item[]
  readonly nextLink?: string
}

export const networkVersion = '2026-01-01'
const computeVersion = '2025-04-01'

/**
 * Reads what the fabric obeys from Azure Resource Manager, as any stranger could, with no knowledge of who wrote it. The
 * lists are read one beside the other: while somebody changes the network, they may be of different moments. Machines are
 * those of the group, members of flexible scale sets too; a uniform scale set's interfaces are in no list of a group's.
 *
 * @param group `/subscriptions/…/resourceGroups/…`: of the network, its tables and its machines
 * @throws what {@link RestClient} throws
 */
export async function readVnet(arm: RestClient, group: string, name: string): Promise<VnetState> {
  const network = `${group}/providers/Microsoft.Network`
  const [vnet, tables, nics] = await Promise.all([
    arm.get<WireVnet>(`${network}/virtualNetworks/${name}?api-version=${networkVersion}`),
    pages<WireTable>(arm, `${network}/routeTables?api-version=${networkVersion}`),
    pages<WireNic>(arm, `${network}/networkInterfaces?api-version=${networkVersion}`),
  ])
  return {
    addressSpace: (vnet.properties?.addressSpace?.addressPrefixes ?? []).flatMap(range),
    subnets: (vnet.properties?.subnets ?? []).map(subnetOf),
    tables: tables.map(tableOf),
    nics: await Promise.all(nics.map((nic) => nicOf(arm, nic))),
  }
}

async function pages<Item>(arm: RestClient, path: string): Promise<readonly Item[]> {
  const all: Item[] = []
  for (let next: string | undefined = path; next !== undefined;) {
    const page: Page<Item> = await arm.get<Page<Item>>(next)
    all.push(...(page.value ?? []))
    const link = page.nextLink === undefined ? undefined : new URL(page.nextLink)
    next = link === undefined ? undefined : `${link.pathname}${link.search}`
  }
  return all
}

const lower = (id: string | undefined): string => (id ?? '').toLowerCase()

const subnetOf = ({ id, properties = {} }: WireSubnet): Subnet => ({
  id: lower(id),
  prefixes: [...(properties.addressPrefixes ?? []), ...[properties.addressPrefix ?? []].flat()].flatMap(
    range,
  ),
  tableId: properties.routeTable?.id?.toLowerCase(),
})

const tableOf = ({ id, properties }: WireTable): RouteTable => ({
  id: lower(id),
  routes: (properties?.routes ?? []).flatMap(routeOf),
})

/** A route to a service tag has no range that this API call names: left out, as the lab has nothing behind one. */
function routeOf({ properties = {} }: WireRoute): readonly UserRoute[] {
  const { addressPrefix = '' } = properties
  if (!addressPrefix.includes('/')) return []
  return range(addressPrefix).map((prefix) => ({ prefix, nextHop: nextHopOf(properties) }))
}

function nextHopOf({
  nextHopIpAddress: address,
  nextHopType,
}: NonNullable<WireRoute['properties']>): UserRoute['nextHop'] {
  if (nextHopType === 'VirtualAppliance' && address !== undefined)
    return { kind: 'appliance', address: formatAddress(parseAddress(address)) }
  return { kind: nextHopType === 'VnetLocal' ? 'vnet' : 'other' }
}

async function nicOf(arm: RestClient, { id, properties = {} }: WireNic): Promise<Nic> {
  const configurations = properties.ipConfigurations ?? []
  const machine = properties.virtualMachine?.id
  return {
    id: lower(id),
    subnetId: lower(configurations[0]?.properties?.subnet?.id),
    addresses: configurations.flatMap((one) =>
      one.properties?.privateIPAddress === undefined
        ? []
        : [formatAddress(parseAddress(one.properties.privateIPAddress))],
    ),
    enableIpForwarding: properties.enableIPForwarding ?? false,
    isRunning: machine !== undefined && (await isRunning(arm, machine)),
  }
}

async function isRunning(arm: RestClient, machine: string): Promise<boolean> {
  const path = `${machine}?$expand=instanceView&api-version=${computeVersion}`
  const { properties } = await arm.get<WireMachine>(path)
  return (properties?.instanceView?.statuses ?? []).some(({ code }) => code === 'PowerState/running')
}

const range = (text: string): readonly string[] => [formatCidr(parseCidr(text))]
