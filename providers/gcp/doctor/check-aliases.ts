import { type Cidr, cidrSize, containsCidr, formatCidr, overlaps, subnetCount } from '../../../net/cidr.ts'
import { type Finding, someOf } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { pathOf } from '../resource-names.ts'
import type { Subnet } from '../subnets.ts'
import { found } from './finding-codes.ts'
import { type GcpPicture, interfacesOf, networkPaths, placedNodes } from './picture.ts'
import { aliasesOf } from './place.ts'
import { aliased } from './pod-ranges.ts'

/** Whether alias ranges are where pods need them: at their Node, of its own subnet, with room for more, and not taken by the node itself. */
export const checkAliases = (picture: GcpPicture): readonly Finding[] => [
  ...elsewhere(picture),
  ...ofAnotherSubnet(picture),
  ...fullness(picture),
  ...guestAgent(picture),
]

interface Alias {
  readonly instance: string
  readonly nic: string
  readonly range: Cidr
}

/** Of all machines, in the cluster's networks. */
function allAliases(picture: GcpPicture): readonly Alias[] {
  const paths = new Set(networkPaths(picture))
  return (valueOf(picture.instances) ?? []).flatMap(({ networkInterfaces = [], selfLink = '' }) =>
    networkInterfaces
      .filter(({ network = '' }) => paths.has(pathOf(network)))
      .flatMap((nic) =>
        aliasesOf(nic).map(({ range }) => ({ instance: pathOf(selfLink), nic: nic.name ?? '', range })),
      ),
  )
}

function elsewhere(picture: GcpPicture): readonly Finding[] {
  const all = allAliases(picture)
  return placedNodes(picture).flatMap(({ node, place }) =>
    node.podCIDRs.flatMap((cidr) =>
      all
        .filter(({ instance, range }) => instance !== place.path && overlaps(range, cidr))
        .map(({ instance, nic, range }) =>
          found('AliasRangeElsewhere', {
            object: { kind: 'Node', name: node.name },
            message: `The podCIDR ${formatCidr(cidr)} of Node ${node.name} overlaps ${formatCidr(range)}, an alias range of ${nic} of ${instance}.`,
          }),
        ),
    ),
  )
}

function ofAnotherSubnet(picture: GcpPicture): readonly Finding[] {
  const isAliased = aliased(picture)
  const subnets = [...(valueOf(picture.subnets)?.values() ?? [])].flat()
  return placedNodes(picture).flatMap(({ node, place }) => {
    const own = new Set(interfacesOf(place, picture).map(({ subnet }) => subnet))
    return node.podCIDRs
      .filter((cidr) => !isAliased(cidr))
      .flatMap((cidr) =>
        subnets
          .filter(({ path }) => !own.has(path))
          .flatMap(({ path, secondary }) =>
            secondary
              .filter(({ range }) => containsCidr(range, cidr))
              .map(({ name }) =>
                found('AliasRangeOfAnotherSubnet', {
                  object: { kind: 'Node', name: node.name },
                  message: `The podCIDR ${formatCidr(cidr)} of Node ${node.name} lies in ${name} of ${path}, and the Node is in ${[...own].join(', ')}.`,
                }),
              ),
          ),
      )
  })
}

/** How many blocks of the size that Nodes have are left of the secondary ranges from which they have them. */
function fullness(picture: GcpPicture): readonly Finding[] {
  const all = allAliases(picture)
  const placed = placedNodes(picture)
  const subnets = [...(valueOf(picture.subnets)?.values() ?? [])].flat()
  return subnets.flatMap((subnet) => {
    const here = placed.filter(({ place }) =>
      interfacesOf(place, picture).some((nic) => nic.subnet === subnet.path),
    )
    const waiting = here.filter(({ node }) => !node.podCIDRs.some(({ family }) => family === 4))
    return subnet.secondary.flatMap(({ name, range }) => {
      const given = here.flatMap(({ node }) => node.podCIDRs.filter((cidr) => containsCidr(range, cidr)))
      const [block] = given.toSorted((a, b) => a.prefixLength - b.prefixLength)
      if (block === undefined) return []
      const taken = all
        .filter((alias) => containsCidr(range, alias.range))
        .reduce((sum, alias) => sum + blocksOf(alias.range, block), 0n)
      const names = waiting.map(({ node }) => node.name)
      return about(subnet, name, { taken, total: subnetCount(range, block.prefixLength), block }, names)
    })
  })
}

/** A smaller range takes a whole block away. */
const blocksOf = (range: Cidr, block: Cidr): bigint =>
  (cidrSize(range) + cidrSize(block) - 1n) / cidrSize(block)

function about(
  { path }: Subnet,
  name: string,
  { block, taken, total }: { readonly block: Cidr; readonly taken: bigint; readonly total: bigint },
  waiting: readonly string[],
): readonly Finding[] {
  const object = { kind: 'subnet', name: path }
  const message = `${taken} of ${total} blocks of size /${block.prefixLength} of ${name} of ${path} are given out`
  if (taken >= total && waiting.length > 0)
    return [
      found('SecondaryRangeFull', {
        object,
        message: `${message}, and ${someOf('Node', waiting)} has none.`,
      }),
    ]
  if (taken * 5n < total * 4n) return []
  return [found('SecondaryRangeNearlyFull', { object, message: `${message}.` })]
}

function guestAgent(picture: GcpPicture): readonly Finding[] {
  const { nodes, pools } = picture
  const pods = [...pools.map(({ range }) => range), ...nodes.flatMap(({ podCIDRs }) => podCIDRs)]
  const free = placedNodes(picture).filter(
    ({ place }) =>
      place.guestAgent === 'free' &&
      interfacesOf(place, picture).some(({ aliases }) =>
        aliases.some(({ range }) => pods.some((cidr) => overlaps(cidr, range))),
      ),
  )
  const names = free.map(({ node }) => node.name)
  if (names.length === 0) return []
  const message = `${someOf('Node', names)} ${names.length === 1 ? 'has alias ranges that are' : 'have alias ranges that are'} pods', and no metadata that keep the guest agent from them: look for "proto 66" in ip route show table local there.`
  return [found('GuestAgentTakesRanges', { object: { kind: 'Node', name: names[0] ?? '' }, message })]
}
