import { type Action, DONE } from '../action.ts'
import { Ec2Error, invalidParameter } from '../errors.ts'
import { INTERNET_GATEWAY, VPC, lookUp } from '../ids.ts'
import type { InternetGateway } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { viewInternetGateway } from '../views/network.ts'

const createInternetGateway: Action = {
  name: 'CreateInternetGateway',
  required: [],
  optional: TAG_SPECIFICATION_PARAMETERS,
  prepare(parameters, context) {
    const { state } = context
    const tags = readTagSpecifications(parameters, ['internet-gateway']).get('internet-gateway')
    return () => {
      const gateway: InternetGateway = { internetGatewayId: state.newId('igw') }
      state.internetGateways.set(gateway.internetGatewayId, gateway)
      putTags(state, gateway.internetGatewayId, tags)
      return { internetGateway: viewInternetGateway(gateway, context) }
    }
  },
}

const attachInternetGateway: Action = {
  name: 'AttachInternetGateway',
  required: ['InternetGatewayId', 'VpcId'],
  optional: [],
  prepare(parameters, { state }) {
    const gateway = lookUp(INTERNET_GATEWAY, state.internetGateways, parameters.required('InternetGatewayId'))
    const { internetGatewayId } = gateway
    const { vpcId } = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    if (gateway.vpcId !== undefined)
      throw new Ec2Error(
        'Resource.AlreadyAssociated',
        `resource ${internetGatewayId} is already attached to network ${gateway.vpcId}`,
      )
    if ([...state.internetGateways.values()].some((other) => other.vpcId === vpcId))
      throw invalidParameter(`Network ${vpcId} already has an internet gateway attached`)
    return () => {
      state.internetGateways.set(internetGatewayId, { ...gateway, vpcId })
      return DONE
    }
  },
}

/** Routes to it stay, as blackholes. */
const detachInternetGateway: Action = {
  name: 'DetachInternetGateway',
  required: ['InternetGatewayId', 'VpcId'],
  optional: [],
  prepare(parameters, { state }) {
    const { internetGatewayId, vpcId } = lookUp(
      INTERNET_GATEWAY,
      state.internetGateways,
      parameters.required('InternetGatewayId'),
    )
    const wanted = lookUp(VPC, state.vpcs, parameters.required('VpcId')).vpcId
    if (vpcId !== wanted)
      throw new Ec2Error(
        'Gateway.NotAttached',
        `resource ${internetGatewayId} is not attached to network ${wanted}`,
      )
    return () => {
      state.internetGateways.set(internetGatewayId, { internetGatewayId })
      return DONE
    }
  },
}

export const INTERNET_GATEWAY_ACTIONS: readonly Action[] = [
  createInternetGateway,
  attachInternetGateway,
  detachInternetGateway,
]
