import { type Action, DONE } from '../action.ts'
import { readCidr } from '../cidr-parameters.ts'
import { Ec2Error, invalidValue, missingParameter } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { NETWORK_ACL, lookUp, lookUpAll } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import type { Parameters } from '../parameters.ts'
import { lastRuleNumber } from '../security.ts'
import type { NetworkAcl, NetworkAclEntry } from '../state.ts'
import { viewNetworkAcl } from '../views/security.ts'

const createNetworkAclEntry: Action = {
  name: 'CreateNetworkAclEntry',
  required: ['NetworkAclId', 'RuleNumber', 'Protocol', 'RuleAction', 'Egress'],
  optional: ['CidrBlock', 'Ipv6CidrBlock', 'PortRange.From', 'PortRange.To'],
  prepare(parameters, { state }) {
    const acl = lookUp(NETWORK_ACL, state.networkAcls, parameters.required('NetworkAclId'))
    const entry = readEntry(parameters)
    if (acl.entries.some((other) => isSame(other, entry)))
      throw new Ec2Error(
        'NetworkAclEntryAlreadyExists',
        `The network acl entry identified by ${entry.ruleNumber} already exists.`,
      )
    return () => {
      state.networkAcls.set(acl.networkAclId, { ...acl, entries: [...acl.entries, entry] })
      return DONE
    }
  },
}

const deleteNetworkAclEntry: Action = {
  name: 'DeleteNetworkAclEntry',
  required: ['NetworkAclId', 'RuleNumber', 'Egress'],
  optional: [],
  prepare(parameters, { state }) {
    const acl = lookUp(NETWORK_ACL, state.networkAcls, parameters.required('NetworkAclId'))
    const wanted = { ruleNumber: readNumber(parameters), egress: parameters.flag('Egress') ?? false }
    if (!acl.entries.some((other) => isSame(other, wanted)))
      throw new Ec2Error(
        'InvalidNetworkAclEntry.NotFound',
        `The network acl entry identified by ${wanted.ruleNumber} does not exist.`,
      )
    return () => {
      const entries = acl.entries.filter((other) => !isSame(other, wanted))
      state.networkAcls.set(acl.networkAclId, { ...acl, entries })
      return DONE
    }
  },
}

function readEntry(parameters: Parameters): NetworkAclEntry {
  const v4 = parameters.text('CidrBlock')
  const v6 = parameters.text('Ipv6CidrBlock')
  if (v4 === undefined && v6 === undefined) throw missingParameter('CidrBlock')
  const cidr = v4 === undefined ? readCidr('Ipv6CidrBlock', v6 ?? '', 6) : readCidr('CidrBlock', v4, 4)
  const action = parameters.required('RuleAction')
  if (action !== 'allow' && action !== 'deny')
    throw invalidValue('RuleAction', action, 'Expecting allow or deny.')
  const protocol = parameters.required('Protocol')
  if (!/^(-1|\d{1,3})$/.test(protocol)) throw invalidValue('Protocol', protocol, 'Expecting a number.')
  const from = parameters.integer('PortRange.From')
  const to = parameters.integer('PortRange.To')
  if ((protocol === '6' || protocol === '17') && (from === undefined || to === undefined))
    throw missingParameter('PortRange')
  return {
    ruleNumber: readNumber(parameters),
    egress: parameters.flag('Egress') ?? false,
    protocol,
    action,
    cidr,
    ...(from === undefined || to === undefined ? {} : { ports: { from, to } }),
  }
}

function readNumber(parameters: Parameters): number {
  const number = parameters.integer('RuleNumber') ?? 0
  if (number < 1 || number >= lastRuleNumber)
    throw invalidValue('RuleNumber', String(number), 'Expecting a number from 1 to 32766.')
  return number
}

const isSame = (
  a: Pick<NetworkAclEntry, 'ruleNumber' | 'egress'>,
  b: Pick<NetworkAclEntry, 'ruleNumber' | 'egress'>,
): boolean => a.ruleNumber === b.ruleNumber && a.egress === b.egress

const filters = (subnets: (acl: NetworkAcl) => readonly string[]): FilterTable<NetworkAcl> => ({
  'network-acl-id': ({ networkAclId }) => [networkAclId],
  'vpc-id': ({ vpcId }) => [vpcId],
  default: () => ['true'],
  'association.subnet-id': subnets,
})

const describeNetworkAcls: Action = {
  name: 'DescribeNetworkAcls',
  required: [],
  optional: ['NetworkAclId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const idOf = (acl: NetworkAcl): string => acl.networkAclId
    const subnets = (acl: NetworkAcl): readonly string[] =>
      [...state.subnets.values()].filter(({ vpcId }) => vpcId === acl.vpcId).map(({ subnetId }) => subnetId)
    const ids = parameters.list('NetworkAclId')
    const named =
      ids.length > 0 ? lookUpAll(NETWORK_ACL, state.networkAcls, ids) : [...state.networkAcls.values()]
    const found = filterRecords(named, parameters, filters(subnets), { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({
      networkAclSet: page.records.map((acl) => viewNetworkAcl(acl, context)),
      nextToken: page.nextToken,
    })
  },
}

export const NETWORK_ACL_ACTIONS: readonly Action[] = [
  createNetworkAclEntry,
  deleteNetworkAclEntry,
  describeNetworkAcls,
]
