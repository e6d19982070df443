import { type Cidr, containsCidr, formatCidr, overlaps } from '../../../../net/cidr.ts'
import { type Action, DONE, availabilityZones } from '../action.ts'
import { readCidr } from '../cidr-parameters.ts'
import { Ec2Error, dependencyViolation, invalidValue } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { SUBNET, VPC, lookUp, lookUpAll } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import type { Parameters } from '../parameters.ts'
import type { State, Subnet, Vpc } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { viewSubnet } from '../views/network.ts'

const createSubnet: Action = {
  name: 'CreateSubnet',
  required: ['VpcId', 'CidrBlock'],
  optional: ['Ipv6CidrBlock', 'AvailabilityZone', ...TAG_SPECIFICATION_PARAMETERS],
  prepare(parameters, context) {
    const { state, region } = context
    const vpc = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    const availabilityZone = readAvailabilityZone(parameters, region)
    const cidr = readCidr('CidrBlock', parameters.required('CidrBlock'), 4)
    checkRange(state, vpc, cidr, cidr.prefixLength >= 16 && cidr.prefixLength <= 28)
    const ipv6Text = parameters.text('Ipv6CidrBlock')
    const ipv6 = ipv6Text === undefined ? undefined : readCidr('Ipv6CidrBlock', ipv6Text, 6)
    if (ipv6 !== undefined) checkRange(state, vpc, ipv6, isIpv6Size(ipv6.prefixLength))
    const tags = readTagSpecifications(parameters, ['subnet']).get('subnet')
    return () => {
      const subnetId = state.newId('subnet')
      const subnet: Subnet = {
        subnetId,
        vpcId: vpc.vpcId,
        availabilityZone,
        cidr,
        ...(ipv6 === undefined
          ? {}
          : { ipv6: { associationId: state.newId('subnet-cidr-assoc'), cidr: ipv6 } }),
      }
      state.subnets.set(subnetId, subnet)
      putTags(state, subnetId, tags)
      return { subnet: viewSubnet(subnet, context) }
    }
  },
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const isIpv6Size = (length: number): boolean => length >= 44 && length <= 64 && length % 4 === 0

function readAvailabilityZone(parameters: Parameters, region: string): string {
  const zones = availabilityZones(region)
  const zone = parameters.text('AvailabilityZone') ?? zones[0] ?? region
  if (!zones.includes(zone))
    throw invalidValue(
      'AvailabilityZone',
      zone,
      `Subnets can currently only be created in the following availability zones: ${zones.join(', ')}.`,
    )
  return zone
}

function checkRange(state: State, vpc: Vpc, cidr: Cidr, goodSize: boolean): void {
  const blocks = cidr.family === 4 ? vpc.cidrBlocks : vpc.ipv6CidrBlocks
  if (!goodSize || !blocks.some((block) => containsCidr(block.cidr, cidr)))
    throw new Ec2Error('InvalidSubnet.Range', `The CIDR '${formatCidr(cidr)}' is invalid.`)
  for (const other of state.subnets.values()) {
    if (other.vpcId === vpc.vpcId && subnetRanges(other).some((range) => overlaps(range, cidr)))
      throw new Ec2Error(
        'InvalidSubnet.Conflict',
        `The CIDR '${formatCidr(cidr)}' conflicts with another subnet`,
      )
  }
}

export const subnetRanges = ({ cidr, ipv6 }: Subnet): readonly Cidr[] =>
  ipv6 === undefined ? [cidr] : [cidr, ipv6.cidr]

const SUBNET_FILTERS: FilterTable<Subnet> = {
  'subnet-id': ({ subnetId }) => [subnetId],
  'vpc-id': ({ vpcId }) => [vpcId],
  'availability-zone': ({ availabilityZone }) => [availabilityZone],
  'cidr-block': ({ cidr }) => [formatCidr(cidr)],
  'ipv6-cidr-block-association.ipv6-cidr-block': ({ ipv6 }) => [ipv6 && formatCidr(ipv6.cidr)],
  state: () => ['available'],
}

const describeSubnets: Action = {
  name: 'DescribeSubnets',
  required: [],
  optional: ['SubnetId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const idOf = (subnet: Subnet): string => subnet.subnetId
    const ids = parameters.list('SubnetId')
    const named = ids.length > 0 ? lookUpAll(SUBNET, state.subnets, ids) : [...state.subnets.values()]
    const found = filterRecords(named, parameters, SUBNET_FILTERS, { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({
      subnetSet: page.records.map((subnet) => viewSubnet(subnet, context)),
      nextToken: page.nextToken,
    })
  },
}

const deleteSubnet: Action = {
  name: 'DeleteSubnet',
  required: ['SubnetId'],
  optional: [],
  prepare(parameters, { state }) {
    const { subnetId } = lookUp(SUBNET, state.subnets, parameters.required('SubnetId'))
    if ([...state.networkInterfaces.values()].some((eni) => eni.subnetId === subnetId))
      throw dependencyViolation('subnet', subnetId)
    return () => {
      state.subnets.delete(subnetId)
      for (const reservation of state.cidrReservations.values())
        if (reservation.subnetId === subnetId)
          state.cidrReservations.delete(reservation.subnetCidrReservationId)
      state.tags.delete(subnetId)
      for (const association of state.associations.values())
        if (association.subnetId === subnetId) state.associations.delete(association.associationId)
      return DONE
    }
  },
}

export const SUBNET_ACTIONS: readonly Action[] = [createSubnet, describeSubnets, deleteSubnet]
