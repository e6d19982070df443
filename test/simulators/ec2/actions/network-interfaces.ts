import { formatAddress } from '../../../../net/address.ts'
import { type Action, DONE } from '../action.ts'
import { Ec2Error, invalidCombination, invalidParameter } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { ATTACHMENT, INSTANCE, NETWORK_INTERFACE, checkForm, lookUp, lookUpAll } from '../ids.ts'
import { WISH_PARAMETERS, addInterface, detach, readInterfaceWish } from '../interface-wish.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import type { Parameters } from '../parameters.ts'
import { type Attachment, type NetworkInterface, type State, interfacesOf } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { primaryAddress, privateDnsName, viewNetworkInterface } from '../views/network-interface.ts'

const createNetworkInterface: Action = {
  name: 'CreateNetworkInterface',
  required: ['SubnetId'],
  optional: [...WISH_PARAMETERS, 'ClientToken', ...TAG_SPECIFICATION_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const wish = readInterfaceWish(parameters, context)
    const tags = readTagSpecifications(parameters, ['network-interface']).get('network-interface')
    return () => {
      const eni = addInterface(state, wish)
      putTags(state, eni.networkInterfaceId, tags)
      return {
        networkInterface: viewNetworkInterface(eni, context),
        clientToken: parameters.text('ClientToken'),
      }
    }
  },
}

const deleteNetworkInterface: Action = {
  name: 'DeleteNetworkInterface',
  required: ['NetworkInterfaceId'],
  optional: [],
  prepare(parameters, { state }) {
    const { networkInterfaceId, attachment } = readInterface(parameters, state)
    if (attachment !== undefined)
      throw invalidParameter(`Network interface '${networkInterfaceId}' is currently in use.`)
    return () => {
      state.networkInterfaces.delete(networkInterfaceId)
      state.tags.delete(networkInterfaceId)
      return DONE
    }
  },
}

const attachNetworkInterface: Action = {
  name: 'AttachNetworkInterface',
  required: ['NetworkInterfaceId', 'InstanceId', 'DeviceIndex'],
  optional: [],
  prepare(parameters, { state, now }) {
    const eni = readInterface(parameters, state)
    const { networkInterfaceId } = eni
    const instance = lookUp(INSTANCE, state.instances, parameters.required('InstanceId'))
    const { instanceId } = instance
    const deviceIndex = parameters.integer('DeviceIndex') ?? 0
    if (eni.attachment !== undefined)
      throw new Ec2Error('InvalidNetworkInterface.InUse', `Interface: [${networkInterfaceId}] in use.`)
    if (instance.state === 'terminated')
      throw new Ec2Error(
        'IncorrectInstanceState',
        `The instance '${instanceId}' is not in a valid state for this operation.`,
      )
    const others = interfacesOf(state, instanceId)
    if (others.some(({ attachment }) => attachment?.deviceIndex === deviceIndex))
      throw invalidParameter(
        `Instance '${instanceId}' already has an interface attached at device index '${deviceIndex}'.`,
      )
    if (eni.availabilityZone !== instance.availabilityZone)
      throw invalidParameter(
        `You may not attach a network interface to an instance if they are not in the same availability zone`,
      )
    if (others.some(({ vpcId }) => vpcId !== eni.vpcId))
      throw invalidParameter(
        `Interface '${networkInterfaceId}' and instance '${instanceId}' belong to different networks`,
      )
    return () => {
      const attachment: Attachment = {
        attachmentId: state.newId('eni-attach'),
        instanceId,
        deviceIndex,
        deleteOnTermination: false,
        attachTime: now,
      }
      state.networkInterfaces.set(networkInterfaceId, { ...eni, attachment })
      return { attachmentId: attachment.attachmentId, networkCardIndex: 0 }
    }
  },
}

const detachNetworkInterface: Action = {
  name: 'DetachNetworkInterface',
  required: ['AttachmentId'],
  optional: ['Force'],
  prepare(parameters, { state }) {
    parameters.flag('Force')
    const eni = attachedAs(state, parameters.required('AttachmentId'))
    if (eni.attachment?.deviceIndex === 0)
      throw new Ec2Error(
        'OperationNotPermitted',
        'The network interface at device index 0 cannot be detached.',
      )
    return () => {
      detach(state, eni)
      return DONE
    }
  },
}

function attachedAs(state: State, attachmentId: string): NetworkInterface {
  checkForm(ATTACHMENT, attachmentId)
  const byAttachment = new Map(
    [...state.networkInterfaces.values()].map((eni) => [eni.attachment?.attachmentId ?? '', eni]),
  )
  return lookUp(ATTACHMENT, byAttachment, attachmentId)
}

const filtersOf = (region: string): FilterTable<NetworkInterface> => ({
  'network-interface-id': ({ networkInterfaceId }) => [networkInterfaceId],
  'vpc-id': ({ vpcId }) => [vpcId],
  'subnet-id': ({ subnetId }) => [subnetId],
  'availability-zone': ({ availabilityZone }) => [availabilityZone],
  description: ({ description }) => [description],
  'mac-address': ({ macAddress }) => [macAddress],
  status: ({ attachment }) => [attachment === undefined ? 'available' : 'in-use'],
  'private-ip-address': (eni) => [primaryAddress(eni)],
  'private-dns-name': ({ privateIpAddresses }) =>
    privateIpAddresses.slice(0, 1).map((address) => privateDnsName(address, region)),
  'addresses.private-ip-address': ({ privateIpAddresses }) => privateIpAddresses.map(formatAddress),
  'ipv6-addresses.ipv6-address': ({ ipv6Addresses }) => ipv6Addresses.map(formatAddress),
  'source-dest-check': ({ sourceDestCheck }) => [String(sourceDestCheck)],
  'attachment.attachment-id': ({ attachment }) => [attachment?.attachmentId],
  'attachment.instance-id': ({ attachment }) => [attachment?.instanceId],
  'attachment.device-index': ({ attachment }) => [attachment && String(attachment.deviceIndex)],
  'attachment.status': ({ attachment }) => [attachment && 'attached'],
})

const describeNetworkInterfaces: Action = {
  name: 'DescribeNetworkInterfaces',
  required: [],
  optional: ['NetworkInterfaceId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state, region } = context
    const idOf = (eni: NetworkInterface): string => eni.networkInterfaceId
    const ids = parameters.list('NetworkInterfaceId')
    // Documented at MaxResults: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
    if (ids.length > 0 && parameters.has('MaxResults'))
      throw invalidCombination(
        'The parameter networkInterfacesSet cannot be used with the parameter maxResults',
      )
    const named =
      ids.length > 0
        ? lookUpAll(NETWORK_INTERFACE, state.networkInterfaces, ids)
        : [...state.networkInterfaces.values()]
    const found = filterRecords(named, parameters, filtersOf(region), { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({
      networkInterfaceSet: page.records.map((eni) => viewNetworkInterface(eni, context)),
      nextToken: page.nextToken,
    })
  },
}

export const readInterface = (parameters: Parameters, state: State): NetworkInterface =>
  lookUp(NETWORK_INTERFACE, state.networkInterfaces, parameters.required('NetworkInterfaceId'))

export const NETWORK_INTERFACE_ACTIONS: readonly Action[] = [
  createNetworkInterface,
  deleteNetworkInterface,
  attachNetworkInterface,
  detachNetworkInterface,
  describeNetworkInterfaces,
]
