import { type Action, DONE } from '../action.ts'
import { invalidCombination, invalidParameter, invalidValue } from '../errors.ts'
import { ATTACHMENT, lookUp } from '../ids.ts'
import { readGroups } from '../interface-wish.ts'
import type { NetworkInterface } from '../state.ts'
import { viewAttachment, viewGroups } from '../views/network-interface.ts'
import { readInterface } from './network-interfaces.ts'

const ATTRIBUTES = ['SourceDestCheck', 'Description', 'Attachment', 'SecurityGroupId'] as const

/** One attribute a call. */
const modifyNetworkInterfaceAttribute: Action = {
  name: 'ModifyNetworkInterfaceAttribute',
  required: ['NetworkInterfaceId'],
  optional: [
    'SourceDestCheck.Value',
    'Description.Value',
    'Attachment.AttachmentId',
    'Attachment.DeleteOnTermination',
    'SecurityGroupId.#',
  ],
  prepare(parameters, { state }) {
    const eni = readInterface(parameters, state)
    const named = ATTRIBUTES.filter((name) => parameters.has(name))
    if (named.length === 0) throw invalidCombination('No attributes specified.')
    if (named.length > 1)
      throw invalidCombination(`Fields for multiple attribute types specified: ${named.join(', ')}`)
    const changed: NetworkInterface = {
      ...eni,
      sourceDestCheck: parameters.flag('SourceDestCheck.Value') ?? eni.sourceDestCheck,
      description: parameters.text('Description.Value') ?? eni.description,
      ...(parameters.has('Attachment') ? { attachment: changedAttachment(eni) } : {}),
      ...(parameters.has('SecurityGroupId') ? { groupIds: readGroups(parameters, state, eni.vpcId) } : {}),
    }
    return () => {
      state.networkInterfaces.set(eni.networkInterfaceId, changed)
      return DONE
    }

    function changedAttachment({ attachment, networkInterfaceId }: NetworkInterface) {
      const attachmentId = parameters.required('Attachment.AttachmentId')
      const own = new Map(attachment === undefined ? [] : [[attachment.attachmentId, attachment]])
      const deleteOnTermination = parameters.flag('Attachment.DeleteOnTermination')
      if (deleteOnTermination === undefined)
        throw invalidParameter(`Nothing to change in the attachment of ${networkInterfaceId}`)
      return { ...lookUp(ATTACHMENT, own, attachmentId), deleteOnTermination }
    }
  },
}

const describeNetworkInterfaceAttribute: Action = {
  name: 'DescribeNetworkInterfaceAttribute',
  required: ['NetworkInterfaceId', 'Attribute'],
  optional: [],
  prepare(parameters, { state, accountId }) {
    const eni = readInterface(parameters, state)
    const { networkInterfaceId, attachment } = eni
    const attribute = parameters.required('Attribute')
    switch (attribute) {
      case 'sourceDestCheck':
        return () => ({ networkInterfaceId, sourceDestCheck: { value: eni.sourceDestCheck } })
      case 'description':
        return () => ({ networkInterfaceId, description: { value: eni.description } })
      case 'groupSet':
        return () => ({ networkInterfaceId, groupSet: viewGroups(eni.groupIds, state) })
      case 'attachment':
        return () => ({
          networkInterfaceId,
          attachment: attachment && {
            ...viewAttachment(attachment),
            instanceId: attachment.instanceId,
            instanceOwnerId: accountId,
          },
        })
      default:
        throw invalidValue('Attribute', attribute, 'Unknown attribute.')
    }
  },
}

export const NETWORK_INTERFACE_ATTRIBUTE_ACTIONS: readonly Action[] = [
  modifyNetworkInterfaceAttribute,
  describeNetworkInterfaceAttribute,
]
