import { formatCidr } from '../../../../net/cidr.ts'
import type { Action } from '../action.ts'
import { readCidr } from '../cidr-parameters.ts'
import { Ec2Error, invalidParameter, invalidValue, missingParameter } from '../errors.ts'
import { SECURITY_GROUP, lookUp } from '../ids.ts'
import type { Parameters } from '../parameters.ts'
import type { SecurityGroup, SecurityRule, SecuritySource, State } from '../state.ts'
import { viewSecurityRule } from '../views/security.ts'

const RULE_PARAMETERS = [
  'IpPermissions.#.IpProtocol',
  'IpPermissions.#.FromPort',
  'IpPermissions.#.ToPort',
  'IpPermissions.#.IpRanges.#.CidrIp',
  'IpPermissions.#.Ipv6Ranges.#.CidrIpv6',
  'IpPermissions.#.Groups.#.GroupId',
  'IpPermissions.#.PrefixListIds.#.PrefixListId',
] as const

type WantedRule = Omit<SecurityRule, 'ruleId'>

const authorizeSecurityGroupIngress: Action = {
  name: 'AuthorizeSecurityGroupIngress',
  required: ['GroupId'],
  optional: RULE_PARAMETERS,
  prepare(parameters, context) {
    const { state } = context
    const group = readGroup(parameters, state)
    const wanted = readRules(parameters, state)
    const keys = [...group.ingress, ...wanted].map(keyOf)
    if (new Set(keys).size < keys.length)
      throw new Ec2Error('InvalidPermission.Duplicate', 'the specified rule already exists')
    return () => {
      const added = wanted.map((rule): SecurityRule => ({ ruleId: state.newId('sgr'), ...rule }))
      state.securityGroups.set(group.groupId, { ...group, ingress: [...group.ingress, ...added] })
      return {
        return: true,
        securityGroupRuleSet: added.map((rule) => viewSecurityRule(group.groupId, rule, context)),
      }
    }
  },
}

const revokeSecurityGroupIngress: Action = {
  name: 'RevokeSecurityGroupIngress',
  required: ['GroupId'],
  optional: RULE_PARAMETERS,
  prepare(parameters, { state }) {
    const group = readGroup(parameters, state)
    const wanted = new Set(readRules(parameters, state).map(keyOf))
    const left = group.ingress.filter((rule) => !wanted.has(keyOf(rule)))
    if (left.length + wanted.size > group.ingress.length)
      throw new Ec2Error(
        'InvalidPermission.NotFound',
        'The specified rule does not exist in this security group.',
      )
    return () => {
      state.securityGroups.set(group.groupId, { ...group, ingress: left })
      return { return: true }
    }
  },
}

const readGroup = (parameters: Parameters, state: State): SecurityGroup =>
  lookUp(SECURITY_GROUP, state.securityGroups, parameters.required('GroupId'))

/** One for each source of each permission. */
function readRules(parameters: Parameters, state: State): readonly WantedRule[] {
  const permissions = parameters.structures('IpPermissions')
  if (permissions.length === 0) throw missingParameter('IpPermissions')
  return permissions.flatMap((permission): readonly WantedRule[] => {
    const protocol = readProtocol(permission)
    const from = permission.integer('FromPort')
    const to = permission.integer('ToPort')
    const hasPorts = protocol === 'tcp' || protocol === 'udp' || protocol === 'icmp' || protocol === 'icmpv6'
    if (hasPorts && (from === undefined || to === undefined))
      throw invalidParameter(
        `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
      )
    const sources = readSources(permission, state)
    if (sources.length === 0) throw missingParameter('IpPermissions.IpRanges')
    const ports = hasPorts && from !== undefined && to !== undefined ? { ports: { from, to } } : {}
    return sources.map((source) => ({ protocol, ...ports, source }))
  })
}

const names: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6' }

function readProtocol(permission: Parameters): string {
  const text = permission.required('IpProtocol')
  const known = names[text] ?? text
  if (known !== '-1' && !Object.values(names).includes(known) && !/^\d{1,3}$/.test(known))
    throw invalidValue('IpProtocol', text, 'Unknown protocol.')
  return known
}

function readSources(permission: Parameters, state: State): readonly SecuritySource[] {
  const ranges = (list: string, parameter: string, family: 4 | 6): readonly SecuritySource[] =>
    permission.structures(list).map((entry) => ({
      kind: 'range',
      cidr: readCidr(parameter, entry.required(parameter), family),
    }))
  return [
    ...ranges('IpRanges', 'CidrIp', 4),
    ...ranges('Ipv6Ranges', 'CidrIpv6', 6),
    ...permission.structures('Groups').map((entry): SecuritySource => {
      const { groupId } = lookUp(SECURITY_GROUP, state.securityGroups, entry.required('GroupId'))
      return { kind: 'group', groupId }
    }),
    ...permission.structures('PrefixListIds').map((entry): SecuritySource => ({
      kind: 'prefix-list',
      prefixListId: entry.required('PrefixListId'),
    })),
  ]
}

function keyOf({ protocol, ports, source }: WantedRule): string {
  const from = source.kind === 'range' ? formatCidr(source.cidr) : JSON.stringify(source)
  return JSON.stringify([protocol, ports?.from, ports?.to, from])
}

export const SECURITY_GROUP_RULE_ACTIONS: readonly Action[] = [
  authorizeSecurityGroupIngress,
  revokeSecurityGroupIngress,
]
