import { formatCidr } from '../../../net/cidr.ts'
import { type Finding, someOf } from '../../finding.ts'
import { type PodRange, podRanges } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { type Admission, admission } from './admission.ts'
import { found } from './finding-codes.ts'
import { passedInterfaces } from './forwarding.ts'
import { securityGroupOf } from './networks.ts'
import { type AzurePicture, placedNodes, shortName, subnetsById } from './picture.ts'
import type { WireRule, WireSecurityGroup } from './wire.ts'

const directions = ['Inbound', 'Outbound'] as const

/** Whether the security groups of the Nodes' interfaces and subnets, both of which count, let pods' packets through. */
export function checkSecurityGroups(picture: AzurePicture): readonly Finding[] {
  const groups = valueOf(picture.securityGroups)
  const ranges = podRanges(picture)
  const placed = placedNodes(picture)
  if (groups === undefined || ranges.length === 0 || placed.length === 0) return []
  const findings = [...nodesByGroup(picture)].flatMap(([id, nodes]) => {
    const group = groups.get(id)
    if (group === undefined) return []
    return ranges.flatMap((range) =>
      directions.flatMap((direction) => {
        const verdict = admission(group, direction, range.cidr)
        return about({ id, group, direction, range, nodes, verdict })
      }),
    )
  })
  if (findings.length > 0 || 'unread' in picture.networks) return findings
  return [
    found('PodTrafficAllowed', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: 'Network security groups let pods’ packets through at every Node.',
    }),
  ]
}

/** Names of the Nodes whose packets go through it, by id. */
function nodesByGroup(picture: AzurePicture): ReadonlyMap<string, readonly string[]> {
  const subnets = subnetsById(picture)
  const through = placedNodes(picture).flatMap(({ node, place }) => {
    const passed = passedInterfaces(place)
    const ids = new Set([
      ...passed.flatMap(({ wire }) => securityGroupOf(wire) ?? []),
      ...passed.flatMap(({ addresses }) =>
        addresses.flatMap(({ subnet }) => subnets.get(subnet)?.securityGroup ?? []),
      ),
    ])
    return [...ids].map((id) => ({ id, name: node.name }))
  })
  return new Map(
    [...Map.groupBy(through, ({ id }) => id)].map(([id, some]) => [id, some.map(({ name }) => name)]),
  )
}

interface Verdict {
  readonly id: string
  readonly group: WireSecurityGroup
  readonly direction: (typeof directions)[number]
  readonly range: PodRange
  readonly nodes: readonly string[]
  readonly verdict: Admission
}

function about({ direction, group, id, nodes, range, verdict }: Verdict): readonly Finding[] {
  if (verdict.kind === 'all') return []
  const text = formatCidr(range.cidr)
  const name = shortName(id)
  const way = direction === 'Inbound' ? 'in' : 'out'
  const by = verdict.rules.slice(0, 3).map(describe).join(', ')
  const priority = freePriority(group, direction, verdict.rules)
  const draft = {
    object: { kind: 'security-group', name },
    message: `${name} of ${someOf('Node', nodes)} lets ${verdict.kind === 'none' ? 'no' : 'only a part of the'} packets of pods in ${text} ${way}${by === '' ? '' : `, by ${by}`}.`,
    ...(priority !== undefined && {
      fix: `az network nsg rule create --resource-group ${id.split('/')[4] ?? ''} --nsg-name ${name} --name podway-${way}-v${range.cidr.family} --priority ${priority} --direction ${direction} --access Allow --protocol '*' --source-address-prefixes ${text} --destination-address-prefixes ${text} --source-port-ranges '*' --destination-port-ranges '*'`,
    }),
  }
  return [found(verdict.kind === 'none' ? 'PodTrafficBlocked' : 'PodTrafficPartlyBlocked', draft)]
}

const describe = ({ name = '', properties }: WireRule): string =>
  `${name} (${properties?.access ?? ''}, priority ${properties?.priority ?? 0})`

/** One that goes before those rules: they begin at 100. Undefined if there is no room. */
function freePriority(
  { properties }: WireSecurityGroup,
  direction: string,
  before: readonly WireRule[],
): number | undefined {
  const priorityOf = (rule: WireRule): number => rule.properties?.priority ?? 0
  const last = Math.min(4_097, ...before.map(priorityOf)) - 1
  const there = (properties?.securityRules ?? []).filter((rule) => rule.properties?.direction === direction)
  const taken = new Set(there.map(priorityOf))
  for (let free = 100; free <= last; free++) if (!taken.has(free)) return free
  return undefined
}
