import { overlaps } from '../../../../net/cidr.ts'
import { type Action, DONE } from '../action.ts'
import { Ec2Error, invalidParameter } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { PEERING, VPC, lookUp, lookUpAll } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import { type VpcPeering, rangesOf } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { viewPeering } from '../views/security.ts'

/** With a VPC of the same account and region. One whose ranges overlap is made, and has failed. */
const createVpcPeeringConnection: Action = {
  name: 'CreateVpcPeeringConnection',
  required: ['VpcId', 'PeerVpcId'],
  optional: TAG_SPECIFICATION_PARAMETERS,
  prepare(parameters, context) {
    const { state } = context
    const requester = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    const accepter = lookUp(VPC, state.vpcs, parameters.required('PeerVpcId'))
    if (requester.vpcId === accepter.vpcId)
      throw invalidParameter(`The requester VPC ${requester.vpcId} can't be the accepter too`)
    const tags = readTagSpecifications(parameters, ['vpc-peering-connection']).get('vpc-peering-connection')
    const fails = rangesOf(requester).some((a) => rangesOf(accepter).some((b) => overlaps(a, b)))
    return () => {
      const peering: VpcPeering = {
        vpcPeeringConnectionId: state.newId('pcx'),
        requesterVpcId: requester.vpcId,
        accepterVpcId: accepter.vpcId,
        status: fails ? 'failed' : 'pending-acceptance',
      }
      state.peerings.set(peering.vpcPeeringConnectionId, peering)
      putTags(state, peering.vpcPeeringConnectionId, tags)
      return { vpcPeeringConnection: viewPeering(peering, context) }
    }
  },
}

const acceptVpcPeeringConnection: Action = {
  name: 'AcceptVpcPeeringConnection',
  required: ['VpcPeeringConnectionId'],
  optional: [],
  prepare(parameters, context) {
    const { state } = context
    const peering = lookUp(PEERING, state.peerings, parameters.required('VpcPeeringConnectionId'))
    if (peering.status !== 'pending-acceptance') throw invalidState(peering)
    return () => {
      const active: VpcPeering = { ...peering, status: 'active' }
      state.peerings.set(peering.vpcPeeringConnectionId, active)
      return { vpcPeeringConnection: viewPeering(active, context) }
    }
  },
}

/** It is shown as deleted from then on; on AWS for some hours. */
const deleteVpcPeeringConnection: Action = {
  name: 'DeleteVpcPeeringConnection',
  required: ['VpcPeeringConnectionId'],
  optional: [],
  prepare(parameters, { state }) {
    const peering = lookUp(PEERING, state.peerings, parameters.required('VpcPeeringConnectionId'))
    if (peering.status === 'deleted') throw invalidState(peering)
    return () => {
      state.peerings.set(peering.vpcPeeringConnectionId, { ...peering, status: 'deleted' })
      return DONE
    }
  },
}

const invalidState = ({ status, vpcPeeringConnectionId }: VpcPeering): Ec2Error =>
  new Ec2Error(
    'InvalidStateTransition',
    `Invalid state transition for ${vpcPeeringConnectionId}, which is ${status}`,
  )

const filters: FilterTable<VpcPeering> = {
  'vpc-peering-connection-id': ({ vpcPeeringConnectionId }) => [vpcPeeringConnectionId],
  'requester-vpc-info.vpc-id': ({ requesterVpcId }) => [requesterVpcId],
  'accepter-vpc-info.vpc-id': ({ accepterVpcId }) => [accepterVpcId],
  'status-code': ({ status }) => [status],
}

const describeVpcPeeringConnections: Action = {
  name: 'DescribeVpcPeeringConnections',
  required: [],
  optional: ['VpcPeeringConnectionId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const idOf = (peering: VpcPeering): string => peering.vpcPeeringConnectionId
    const ids = parameters.list('VpcPeeringConnectionId')
    const named = ids.length > 0 ? lookUpAll(PEERING, state.peerings, ids) : [...state.peerings.values()]
    const found = filterRecords(named, parameters, filters, { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({
      vpcPeeringConnectionSet: page.records.map((peering) => viewPeering(peering, context)),
      nextToken: page.nextToken,
    })
  },
}

export const PEERING_ACTIONS: readonly Action[] = [
  createVpcPeeringConnection,
  acceptVpcPeeringConnection,
  deleteVpcPeeringConnection,
  describeVpcPeeringConnections,
]
