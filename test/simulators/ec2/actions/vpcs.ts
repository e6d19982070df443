import { parseCidr, formatCidr, overlaps, type Cidr } from '../../../../net/cidr.ts'
import { type Action, DONE } from '../action.ts'
import { readCidr } from '../cidr-parameters.ts'
import { Ec2Error, dependencyViolation, invalidCombination, missingParameter } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { VPC, lookUp, lookUpAll } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import type { Parameters } from '../parameters.ts'
import { addDefaultSecurity, isDefaultGroup, removeDefaultSecurity } from '../security.ts'
import { type CidrAssociation, type State, type Vpc, mainAssociation, rangesOf } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { viewCidrBlock, viewIpv6CidrBlock, viewVpc } from '../views/network.ts'

const createVpc: Action = {
  name: 'CreateVpc',
  required: ['CidrBlock'],
  optional: [
    'AmazonProvidedIpv6CidrBlock',
    'Ipv6CidrBlock',
    'Ipv6Pool',
    'InstanceTenancy',
    ...TAG_SPECIFICATION_PARAMETERS,
  ],
  prepare(parameters, context) {
    const { state } = context
    const cidr = readVpcCidr(parameters)
    const ipv6 = readIpv6Choice(parameters, state)
    const tags = readTagSpecifications(parameters, ['vpc']).get('vpc')
    return () => {
      const vpcId = state.newId('vpc')
      const routeTableId = state.newId('rtb')
      const vpc: Vpc = {
        vpcId,
        cidrBlocks: [{ associationId: state.newId('vpc-cidr-assoc'), cidr }],
        ipv6CidrBlocks:
          ipv6 === undefined ? [] : [{ associationId: state.newId('vpc-cidr-assoc'), cidr: ipv6 }],
      }
      state.vpcs.set(vpcId, vpc)
      state.routeTables.set(routeTableId, { routeTableId, vpcId, routes: new Map() })
      const associationId = state.newId('rtbassoc')
      state.associations.set(associationId, { associationId, routeTableId })
      addDefaultSecurity(state, vpc)
      putTags(state, vpcId, tags)
      return { vpc: viewVpc(vpc, context) }
    }
  },
}

function readVpcCidr(parameters: Parameters): Cidr {
  const cidr = readCidr('CidrBlock', parameters.required('CidrBlock'), 4)
  if (cidr.prefixLength < 16 || cidr.prefixLength > 28)
    throw new Ec2Error('InvalidVpc.Range', `The CIDR '${formatCidr(cidr)}' is invalid.`)
  return cidr
}

/** Amazon's next range, or the given one of a pool of one's own. */
function readIpv6Choice(parameters: Parameters, state: State): Cidr | undefined {
  const own = parameters.text('Ipv6CidrBlock')
  const provided = parameters.flag('AmazonProvidedIpv6CidrBlock') ?? false
  if (own === undefined) return provided ? nextAmazonRange(state) : undefined
  if (provided)
    throw invalidCombination(
      'The parameter ipv6CidrBlock cannot be used with the parameter amazonProvidedIpv6CidrBlock',
    )
  if (!parameters.has('Ipv6Pool')) throw missingParameter('Ipv6Pool')
  const cidr = readCidr('Ipv6CidrBlock', own, 6)
  if (cidr.prefixLength < 44 || cidr.prefixLength > 60 || cidr.prefixLength % 4 !== 0)
    throw new Ec2Error('InvalidVpc.Range', `The CIDR '${formatCidr(cidr)}' is invalid.`)
  return cidr
}

const AMAZON_RANGES = parseCidr('2600:1f18::/40')

/** The lowest free /56, where real EC2 gives any. */
function nextAmazonRange(state: State): Cidr {
  const used = new Set([...state.vpcs.values()].flatMap(rangesOf).map(formatCidr))
  for (let network = AMAZON_RANGES.network; ; network += 1n << 72n) {
    const cidr: Cidr = { family: 6, network, prefixLength: 56 }
    if (!used.has(formatCidr(cidr))) return cidr
  }
}

const VPC_FILTERS: FilterTable<Vpc> = {
  'vpc-id': ({ vpcId }) => [vpcId],
  cidr: ({ cidrBlocks }) => cidrBlocks.slice(0, 1).map(({ cidr }) => formatCidr(cidr)),
  'cidr-block-association.cidr-block': ({ cidrBlocks }) => cidrBlocks.map(({ cidr }) => formatCidr(cidr)),
  'ipv6-cidr-block-association.ipv6-cidr-block': ({ ipv6CidrBlocks }) =>
    ipv6CidrBlocks.map(({ cidr }) => formatCidr(cidr)),
  state: () => ['available'],
  'is-default': () => ['false'],
}

const describeVpcs: Action = {
  name: 'DescribeVpcs',
  required: [],
  optional: ['VpcId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const idOf = (vpc: Vpc): string => vpc.vpcId
    const ids = parameters.list('VpcId')
    const named = ids.length > 0 ? lookUpAll(VPC, state.vpcs, ids) : [...state.vpcs.values()]
    const found = filterRecords(named, parameters, VPC_FILTERS, { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({ vpcSet: page.records.map((vpc) => viewVpc(vpc, context)), nextToken: page.nextToken })
  },
}

const associateVpcCidrBlock: Action = {
  name: 'AssociateVpcCidrBlock',
  required: ['VpcId'],
  optional: ['CidrBlock', 'AmazonProvidedIpv6CidrBlock', 'Ipv6CidrBlock', 'Ipv6Pool'],
  prepare(parameters, { state, region }) {
    const vpc = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    const cidr = parameters.has('CidrBlock') ? readVpcCidr(parameters) : readIpv6Choice(parameters, state)
    if (cidr === undefined) throw missingParameter('CidrBlock')
    refuseOverlap(state, vpc, cidr)
    return () => {
      const association: CidrAssociation = { associationId: state.newId('vpc-cidr-assoc'), cidr }
      const { vpcId } = vpc
      if (cidr.family === 4) {
        state.vpcs.set(vpcId, { ...vpc, cidrBlocks: [...vpc.cidrBlocks, association] })
        return { vpcId, cidrBlockAssociation: viewCidrBlock(association) }
      }
      state.vpcs.set(vpcId, { ...vpc, ipv6CidrBlocks: [...vpc.ipv6CidrBlocks, association] })
      return { vpcId, ipv6CidrBlockAssociation: viewIpv6CidrBlock(association, region) }
    }
  },
}

/**
 * A new range may not touch the VPC's others, nor be as wide as, or wider than, the destination of a route of any of its
 * tables: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */
function refuseOverlap(state: State, vpc: Vpc, cidr: Cidr): void {
  const inTheWay = [
    ...rangesOf(vpc),
    ...[...state.routeTables.values()]
      .filter(({ vpcId }) => vpcId === vpc.vpcId)
      .flatMap(({ routes }) => [...routes.values()].map(({ destination }) => destination))
      .filter(({ prefixLength }) => prefixLength >= cidr.prefixLength),
  ]
  if (inTheWay.some((other) => overlaps(other, cidr)))
    throw new Ec2Error('InvalidVpc.Range', `The CIDR '${formatCidr(cidr)}' is invalid.`)
}

const deleteVpc: Action = {
  name: 'DeleteVpc',
  required: ['VpcId'],
  optional: [],
  prepare(parameters, { state }) {
    const { vpcId } = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    const main = mainAssociation(state, vpcId)
    const belongs = (record: { readonly vpcId?: string }): boolean => record.vpcId === vpcId
    const occupied =
      [...state.subnets.values()].some(belongs) ||
      [...state.internetGateways.values()].some(belongs) ||
      [...state.routeTables.values()].some(
        (table) => belongs(table) && table.routeTableId !== main?.routeTableId,
      ) ||
      [...state.securityGroups.values()].some((group) => belongs(group) && !isDefaultGroup(group))
    if (occupied) throw dependencyViolation('vpc', vpcId)
    return () => {
      state.vpcs.delete(vpcId)
      state.tags.delete(vpcId)
      removeDefaultSecurity(state, vpcId)
      if (main !== undefined) {
        state.associations.delete(main.associationId)
        state.routeTables.delete(main.routeTableId)
        state.tags.delete(main.routeTableId)
      }
      return DONE
    }
  },
}

export const VPC_ACTIONS: readonly Action[] = [createVpc, describeVpcs, associateVpcCidrBlock, deleteVpc]
