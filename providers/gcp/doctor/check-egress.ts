import { type Finding, someOf } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import type { WireNat, WireRouter } from '../gce-surroundings.ts'
import { named } from '../network-routes.ts'
import { type ResourcePath, pathOf } from '../resource-names.ts'
import { found } from './finding-codes.ts'
import { type GcpPicture, type PlaceInterface, interfacesOf, placedNodes } from './picture.ts'

/** Whether what leaves a Node, pods' packets that it masquerades among it, reaches the Internet. */
export function checkEgress(picture: GcpPicture): readonly Finding[] {
  const routers = valueOf(picture.routers)
  if (routers === undefined || 'unread' in picture.routes) return []
  const ways = placedNodes(picture).flatMap(({ node, place }) =>
    interfacesOf(place, picture).map((nic) => ({
      node: node.name,
      nic,
      nats: (routers.get(nic.network) ?? []).flatMap((router) => natsFor(router, nic.subnet)),
      leads: leadOf(nic.network, picture),
    })),
  )
  const closed = ways.filter(
    ({ leads, nats, nic }) =>
      leads === 'nowhere' ||
      (leads === 'internet' && !nic.isExternal && !nats.some((nat) => covers(nat, nic.subnet))),
  )
  const findings = [
    ...[...Map.groupBy(closed, ({ nic }) => nic.subnet)].map(([subnet, some]) => {
      const { leads, nic } = some[0] ?? { leads: 'nowhere', nic: { network: '' } }
      const names = some.map(({ node }) => node)
      const why =
        leads === 'nowhere'
          ? `${nic.network} has no default route`
          : `there is no external address, and no Cloud NAT for ${subnet}`
      const message = `Nothing leads ${someOf('Node', names)} to the Internet: ${why}.`
      return found('NoWayOut', {
        object: { kind: 'subnet', name: subnet },
        message,
        ...(leads === 'nowhere' ? {} : { fix: natFix(subnet, nic.network) }),
      })
    }),
    ...ways.flatMap(({ nats, nic }) => skipped(nats, nic)),
  ]
  const unique = [
    ...new Map(findings.map((one) => [`${one.code} ${one.object.name} ${one.message}`, one])).values(),
  ]
  if (unique.length > 0 || ways.length === 0) return unique
  return [
    found('WayOut', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: 'The Nodes reach the Internet, and pods do as far as their Nodes masquerade them.',
    }),
  ]
}

/** Where the network's default route leads: to an appliance or a tunnel, where other rules hold, it is `elsewhere`. */
function leadOf(network: ResourcePath, { routes }: GcpPicture): 'internet' | 'elsewhere' | 'nowhere' {
  const defaults = (valueOf(routes)?.get(network) ?? []).filter(
    ({ destination }) => destination.family === 4 && destination.prefixLength === 0,
  )
  if (defaults.length === 0) return 'nowhere'
  return defaults.some(({ target }) => target.id.endsWith('/default-internet-gateway'))
    ? 'internet'
    : 'elsewhere'
}

const natsFor = ({ nats = [], region = '' }: WireRouter, subnet: ResourcePath): readonly WireNat[] =>
  regionOf(pathOf(region)) === regionOf(subnet) ? nats.filter(({ type }) => type !== 'PRIVATE') : []

const regionOf = (path: ResourcePath): string | undefined => /\/regions\/([^/]+)/.exec(path)?.[1]

/** Whether it translates the addresses of the subnet's primary range, or of that secondary one. */
function covers(nat: WireNat, subnet: ResourcePath, secondary?: string): boolean {
  switch (nat.sourceSubnetworkIpRangesToNat) {
    case 'ALL_SUBNETWORKS_ALL_IP_RANGES':
      return true
    case 'ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES':
      return secondary === undefined
    case undefined:
    default: {
      const listed = (nat.subnetworks ?? []).find(({ name = '' }) => pathOf(name) === subnet)
      const { secondaryIpRangeNames = [], sourceIpRangesToNat = [] } = listed ?? {}
      if (sourceIpRangesToNat.includes('ALL_IP_RANGES')) return true
      if (secondary === undefined) return sourceIpRangesToNat.includes('PRIMARY_IP_RANGE')
      return (
        sourceIpRangesToNat.includes('LIST_OF_SECONDARY_IP_RANGES') &&
        secondaryIpRangeNames.includes(secondary)
      )
    }
  }
}

function skipped(nats: readonly WireNat[], { aliases, subnet }: PlaceInterface): readonly Finding[] {
  if (!nats.some((nat) => covers(nat, subnet))) return []
  const ranges = new Set(aliases.flatMap(({ of }) => of ?? []))
  return [...ranges]
    .filter((name) => !nats.some((nat) => covers(nat, subnet, name)))
    .map((name) => {
      const message = `Cloud NAT translates the primary range of ${subnet}, and not ${name}, from which pods have addresses.`
      return found('NatSkipsAliasRanges', { object: { kind: 'subnet', name: subnet }, message })
    })
}

function natFix(subnet: ResourcePath, network: ResourcePath): string {
  const { name, project } = named(network)
  const where = `--project ${project} --region ${regionOf(subnet) ?? ''}`
  return `gcloud compute routers create podway-nat --network ${name} ${where}; gcloud compute routers nats create podway-nat --router podway-nat --auto-allocate-nat-external-ips --nat-custom-subnet-ip-ranges ${subnet.split('/').at(-1) ?? ''} ${where}`
}
