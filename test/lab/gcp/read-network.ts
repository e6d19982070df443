import { formatAddress, parseAddress } from '../../../net/address.ts'
import { cidrAround, formatCidr, parseCidr, parseInterfaceAddress } from '../../../net/cidr.ts'
import type { RestClient } from '../rest-client.ts'
import type { NetworkState, Nic, StaticRoute, Subnet } from './network-state.ts'

interface WireRoute {
  readonly network?: string
  readonly destRange?: string
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly routeType?: string
  readonly nextHopInstance?: string
  readonly nextHopIp?: string
}

interface WireSubnetwork {
  readonly selfLink?: string
  readonly network?: string
  readonly ipCidrRange?: string
  readonly secondaryIpRanges?: readonly { readonly ipCidrRange?: string }[]
  readonly internalIpv6Prefix?: string
  readonly externalIpv6Prefix?: string
}

interface WireInstance {
  readonly selfLink?: string
  readonly status?: string
  readonly canIpForward?: boolean
  readonly tags?: { readonly items?: readonly string[] }
  readonly networkInterfaces?: readonly WireInterface[]
}

interface WireInterface {
  readonly name?: string
  readonly network?: string
  readonly subnetwork?: string
  readonly networkIP?: string
  readonly ipv6Address?: string
  readonly internalIpv6PrefixLength?: number
  readonly aliasIpRanges?: readonly { readonly ipCidrRange?: string }[]
}

interface Page<Items> {
  readonly items?: Items
  readonly nextPageToken?: string
}

/**
 * Reads what the fabric obeys from Compute Engine, as any stranger could, with no knowledge of who wrote it. The three lists
 * are read one beside the other: while somebody changes the network, they may be of different moments.
 *
 * @param api of `https://compute.googleapis.com`, or what stands for it
 * @throws what {@link RestClient} throws
 */
export async function readNetwork(api: RestClient, project: string, network: string): Promise<NetworkState> {
  const base = `/compute/v1/projects/${project}`
  const path = `projects/${project}/global/networks/${network}`
  const isIts = (one: { readonly network?: string }): boolean => pathOf(one.network) === path
  const [routes, subnetworks, instances] = await Promise.all([
    pages<readonly WireRoute[]>(api, `${base}/global/routes`),
    pages<Readonly<Record<string, { readonly subnetworks?: readonly WireSubnetwork[] }>>>(
      api,
      `${base}/aggregated/subnetworks`,
    ),
    pages<Readonly<Record<string, { readonly instances?: readonly WireInstance[] }>>>(
      api,
      `${base}/aggregated/instances`,
    ),
  ])
  return {
    routes: routes.flat().filter(isIts).flatMap(staticRoute),
    subnets: subnetworks
      .flatMap((page) => Object.values(page).flatMap((scope) => scope.subnetworks ?? []))
      .filter(isIts)
      .map(subnet),
    nics: instances
      .flatMap((page) => Object.values(page).flatMap((scope) => scope.instances ?? []))
      .flatMap((instance) =>
        (instance.networkInterfaces ?? []).filter(isIts).map((nic) => nicOf(instance, nic)),
      ),
  }
}

async function pages<Items>(api: RestClient, path: string): Promise<readonly Items[]> {
  const all: Items[] = []
  for (let token = ''; ;) {
    const page = await api.get<Page<Items>>(
      token === '' ? path : `${path}?pageToken=${encodeURIComponent(token)}`,
    )
    if (page.items !== undefined) all.push(page.items)
    token = page.nextPageToken ?? ''
    if (token === '') return all
  }
}

/** `https://www.googleapis.com/compute/v1/projects/…` → `projects/…` */
const pathOf = (url = ''): string => url.replace(/^.*\/compute\/v1\//, '')

function staticRoute(wire: WireRoute): readonly StaticRoute[] {
  if (wire.routeType !== 'STATIC' || wire.destRange === undefined) return []
  return [
    {
      destination: canonicalCidr(wire.destRange),
      priority: wire.priority ?? 1000,
      tags: wire.tags ?? [],
      nextHop: nextHopOf(wire),
    },
  ]
}

function nextHopOf({ nextHopInstance, nextHopIp }: WireRoute): StaticRoute['nextHop'] {
  if (nextHopInstance !== undefined) return { kind: 'instance', instance: pathOf(nextHopInstance) }
  if (nextHopIp !== undefined) return { kind: 'address', address: canonicalAddress(nextHopIp) }
  return { kind: 'other' }
}

const subnet = (wire: WireSubnetwork): Subnet => ({
  path: pathOf(wire.selfLink),
  ranges: [wire.ipCidrRange, wire.internalIpv6Prefix, wire.externalIpv6Prefix].flatMap(canonicalRange),
  secondaryRanges: (wire.secondaryIpRanges ?? []).flatMap(({ ipCidrRange }) => canonicalRange(ipCidrRange)),
})

function nicOf(instance: WireInstance, nic: WireInterface): Nic {
  const { aliasIpRanges = [], internalIpv6PrefixLength: length = 96, ipv6Address } = nic
  const aliases = aliasIpRanges.flatMap(({ ipCidrRange }) => canonicalRange(ipCidrRange))
  return {
    instance: pathOf(instance.selfLink),
    name: nic.name ?? '',
    subnet: pathOf(nic.subnetwork),
    addresses: [nic.networkIP, ipv6Address].flatMap((text) =>
      text === undefined ? [] : [canonicalAddress(text)],
    ),
    ranges: [
      ...aliases,
      ...(ipv6Address === undefined ? [] : [formatCidr(cidrAround(parseAddress(ipv6Address), length))]),
    ],
    canIpForward: instance.canIpForward ?? false,
    tags: instance.tags?.items ?? [],
    isRunning: instance.status === 'RUNNING',
  }
}

const canonicalAddress = (text: string): string => formatAddress(parseAddress(text))
const canonicalCidr = (text: string): string => formatCidr(parseCidr(text))

/** An alias range may be one address, without a length. */
function canonicalRange(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  if (!text.includes('/')) return [`${canonicalAddress(text)}/32`]
  const { address, prefixLength } = parseInterfaceAddress(text)
  return [formatCidr(cidrAround(address, prefixLength))]
}
