import {
  type EC2Client,
  type Instance,
  type NetworkInterface,
  type Route,
  paginateDescribeInstances,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2'
import { AddressSyntaxError, formatAddress, parseAddress } from '../../../net/address.ts'
import { cidrAround, formatCidr, parseInterfaceAddress } from '../../../net/cidr.ts'
import type { Eni, RouteTable, Subnet, VpcRoute, VpcState } from './vpc-state.ts'

/**
 * Reads what the fabric obeys from the cloud's API, as any stranger could, with no knowledge of who wrote it. The five
 * lists are read one beside the other: while somebody changes the VPC, they may be of different moments.
 *
 * Emulators are taken as they are: LocalStack names only the instance of a route that was made with one, and calls a
 * route `active` whose instance is terminated; the ENI's own state decides (https://github.com/getmoto/moto/issues/6236).
 *
 * @throws what the SDK throws; Error if there is no such VPC
 */
export async function readVpc(client: EC2Client, vpcId: string): Promise<VpcState> {
  const paging = { client }
  const ofVpc = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }
  const [vpcs, subnets, tables, interfaces, reservations] = await Promise.all([
    collect(paginateDescribeVpcs(paging, { VpcIds: [vpcId] }), (page) => page.Vpcs),
    collect(paginateDescribeSubnets(paging, ofVpc), (page) => page.Subnets),
    collect(paginateDescribeRouteTables(paging, ofVpc), (page) => page.RouteTables),
    collect(paginateDescribeNetworkInterfaces(paging, ofVpc), (page) => page.NetworkInterfaces),
    collect(paginateDescribeInstances(paging, ofVpc), (page) => page.Reservations),
  ])
  const vpc = vpcs[0]
  if (vpc === undefined) throw new Error(`there is no VPC ${vpcId}`)
  const running = new Set(reservations.flatMap((r) => r.Instances ?? []).flatMap(idIfRunning))
  const primary = primaryEnis(interfaces)
  const mainTable = tables.find((table) => table.Associations?.some((link) => link.Main === true))
  const tableOf = new Map(
    tables.flatMap((table) => (table.Associations ?? []).map((link) => [link.SubnetId, table.RouteTableId])),
  )
  return {
    cidrs: cidrsOf(
      [vpc.CidrBlock, ...(vpc.CidrBlockAssociationSet ?? []).map((link) => link.CidrBlock)],
      vpc.Ipv6CidrBlockAssociationSet,
    ),
    subnets: subnets.flatMap(
      ({ SubnetId: id, CidrBlock, Ipv6CidrBlockAssociationSet: v6 }): readonly Subnet[] => {
        const tableId = tableOf.get(id) ?? mainTable?.RouteTableId
        if (id === undefined || tableId === undefined) return []
        return [{ id, cidrs: cidrsOf([CidrBlock], v6), tableId }]
      },
    ),
    enis: interfaces.flatMap((eni) => readEni(eni, running)),
    tables: tables.flatMap(({ RouteTableId: id, Routes }): readonly RouteTable[] =>
      id === undefined ? [] : [{ id, routes: (Routes ?? []).flatMap((route) => readRoute(route, primary)) }],
    ),
  }
}

async function collect<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): Promise<readonly Item[]> {
  const all: Item[] = []
  for await (const page of pages) all.push(...(items(page) ?? []))
  return all
}

const idIfRunning = ({ InstanceId: id, State: state }: Instance): readonly string[] =>
  id !== undefined && state?.Name === 'running' ? [id] : []

/** Instance → the ENI that its routes mean: the one with the lowest device index. */
function primaryEnis(interfaces: readonly NetworkInterface[]): ReadonlyMap<string, string> {
  const attached = interfaces.flatMap(({ NetworkInterfaceId: eni, Attachment: link }) =>
    eni === undefined || link?.InstanceId === undefined
      ? []
      : [{ eni, instance: link.InstanceId, index: link.DeviceIndex ?? 0 }],
  )
  const lastWins = attached.sort((a, b) => b.index - a.index)
  return new Map(lastWins.map(({ instance, eni }) => [instance, eni]))
}

function cidrsOf(
  v4: readonly (string | undefined)[],
  v6: readonly {
    Ipv6CidrBlock?: string | undefined
    Ipv6CidrBlockState?: { State?: string | undefined } | undefined
  }[] = [],
): readonly string[] {
  const associated = v6
    .filter((link) => (link.Ipv6CidrBlockState?.State ?? 'associated') === 'associated')
    .map((link) => link.Ipv6CidrBlock)
  return [...new Set([...v4, ...associated].flatMap(canonicalCidr))]
}

function readEni(eni: NetworkInterface, running: ReadonlySet<string>): readonly Eni[] {
  const { NetworkInterfaceId: id, SubnetId: subnetId, Attachment: link } = eni
  if (id === undefined || subnetId === undefined) return []
  const v4 = [eni.PrivateIpAddress, ...(eni.PrivateIpAddresses ?? []).map((one) => one.PrivateIpAddress)]
  const v6 = (eni.Ipv6Addresses ?? []).map((one) => one.Ipv6Address)
  // An ENI of the cloud's own services (a database, say) has an attachment without an instance of ours.
  const attached = link !== undefined && (link.Status ?? 'attached') === 'attached'
  return [
    {
      id,
      subnetId,
      addresses: [...new Set([...v4, ...v6].flatMap(canonicalAddress))],
      prefixes: (eni.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix }) => canonicalCidr(Ipv6Prefix)),
      sourceDestCheck: eni.SourceDestCheck ?? true,
      up: attached && (link.InstanceId === undefined || running.has(link.InstanceId)),
    },
  ]
}

/** A route to a prefix list has no range that this API call names: left out, as nothing that the lab has lies behind one. */
function readRoute(route: Route, primary: ReadonlyMap<string, string>): readonly VpcRoute[] {
  const [destination] = canonicalCidr(route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock)
  if (destination === undefined) return []
  const state = route.State === 'blackhole' ? 'blackhole' : 'active'
  return [{ destination, target: targetOf(route, primary), state }]
}

function targetOf(route: Route, primary: ReadonlyMap<string, string>): VpcRoute['target'] {
  const eni = route.NetworkInterfaceId ?? primary.get(route.InstanceId ?? '')
  if (eni !== undefined) return { kind: 'eni', id: eni }
  if (route.GatewayId === 'local') return { kind: 'local' }
  const id =
    route.InstanceId ??
    route.GatewayId ??
    route.NatGatewayId ??
    route.TransitGatewayId ??
    route.VpcPeeringConnectionId ??
    'unknown'
  return { kind: 'other', id }
}

/** Emulators keep host bits (`10.244.3.7/24`), which AWS masks; text that is no range at all is nothing to obey. */
function canonicalCidr(text: string | undefined): readonly string[] {
  return ignoringSyntax(() => {
    const { address, prefixLength } = parseInterfaceAddress(text ?? '')
    return formatCidr(cidrAround(address, prefixLength))
  })
}

const canonicalAddress = (text: string | undefined): readonly string[] =>
  ignoringSyntax(() => formatAddress(parseAddress(text ?? '')))

function ignoringSyntax(read: () => string): readonly string[] {
  try {
    return [read()]
  } catch (error) {
    if (error instanceof AddressSyntaxError) return []
    throw error
  }
}
