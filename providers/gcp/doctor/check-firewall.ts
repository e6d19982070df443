import { formatCidr } from '../../../net/cidr.ts'
import { type Finding, someOf } from '../../finding.ts'
import type { PodRange } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { named } from '../network-routes.ts'
import { found } from './finding-codes.ts'
import { type Direction, type Machine, type Passage, passageOf } from './firewall.ts'
import { type GcpPicture, interfacesOf, placedNodes } from './picture.ts'
import { podRanges } from './pod-ranges.ts'

interface Group {
  readonly machine: Machine
  readonly nodes: string[]
}

/** Whether the firewall lets packets in that come from pods of other Nodes, and out to them. Nodes that rules can't tell apart are told together. */
export function checkFirewall(picture: GcpPicture): readonly Finding[] {
  const { clusterName } = picture
  const firewalls = valueOf(picture.firewalls)
  const networks = valueOf(picture.networks)
  if (firewalls === undefined || networks === undefined) return []
  const ranges = podRanges(picture)
  const groups = groupsOf(picture)
  const own = ranges.map(({ cidr }) => cidr)
  const findings = groups.flatMap((group) =>
    ranges.flatMap((range) =>
      (['INGRESS', 'EGRESS'] as const).flatMap((direction) => {
        const { machine } = group
        const order = networks.get(machine.network)?.networkFirewallPolicyEnforcementOrder
        const rules = firewalls.get(machine.network) ?? {}
        return about(group, range, direction, passageOf(rules, order, machine, direction, range.cidr, own))
      }),
    ),
  )
  if (findings.length > 0 || groups.length === 0 || ranges.length === 0) return findings
  const message = 'Firewall rules and policies let pods’ packets in at every Node, and out.'
  return [found('PodTrafficAllowed', { object: { kind: 'cluster', name: clusterName }, message })]
}

function groupsOf(picture: GcpPicture): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const { node, place } of placedNodes(picture)) {
    const { serviceAccounts, tags } = place
    for (const { network } of interfacesOf(place, picture)) {
      const key = JSON.stringify([network, tags.toSorted(), serviceAccounts.toSorted()])
      const group = groups.get(key) ?? { machine: { network, tags, serviceAccounts }, nodes: [] }
      group.nodes.push(node.name)
      groups.set(key, group)
    }
  }
  return [...groups.values()]
}

function about(
  { machine, nodes }: Group,
  { cidr }: PodRange,
  direction: Direction,
  passage: Passage,
): readonly Finding[] {
  const text = formatCidr(cidr)
  const way = direction === 'INGRESS' ? `in from ${text}` : `out to ${text}`
  const object = { kind: 'network', name: machine.network }
  const of = someOf('Node', nodes)
  const fix = fixOf(machine, direction, text)
  switch (passage.kind) {
    case 'all':
      return []
    case 'depends': {
      const message = `Whether the firewall lets packets of ${of} ${way} depends on ${passage.rule}, which asks for what is not examined.`
      return [found('PodTrafficUnknown', { object, message })]
    }
    case 'part': {
      const message = `The firewall lets only a part of the traffic of ${of} ${way} (${passage.rules.slice(0, 3).join(', ')}).`
      return [found('PodTrafficPartlyBlocked', { object, message, fix })]
    }
    case 'none': {
      const { rule } = passage
      const by = rule === undefined ? 'no rule with such a source range allows it' : `by ${rule}`
      const message = `The firewall lets nothing of ${of} ${way}: ${by}.`
      const better = rule === undefined ? fix : `Let the range pass before ${rule}: ${fix}`
      return [found('PodTrafficBlocked', { object, message, fix: better })]
    }
  }
}

function fixOf({ network }: Machine, direction: Direction, range: string): string {
  const { name, project } = named(network)
  const flag = direction === 'INGRESS' ? '--source-ranges' : '--destination-ranges'
  return `gcloud compute firewall-rules create podway-pods --project ${project} --network ${name} --direction ${direction} --allow all ${flag} ${range}`
}
