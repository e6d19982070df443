import { type Address, formatAddress } from '../../../../net/address.ts'
import { formatCidr } from '../../../../net/cidr.ts'
import type { Context } from '../action.ts'
import type { Attachment, NetworkInterface, State } from '../state.ts'
import { tagSet } from '../tagging.ts'
import type { XmlFields } from '../xml.ts'

/** As DescribeNetworkInterfaces tells it. */
export function viewNetworkInterface(eni: NetworkInterface, context: Context): XmlFields {
  const { attachment } = eni
  return {
    ...viewCommon(eni, context),
    availabilityZone: eni.availabilityZone,
    status: attachment === undefined ? 'available' : 'in-use',
    attachment: attachment && {
      ...viewAttachment(attachment),
      instanceId: attachment.instanceId,
      instanceOwnerId: context.accountId,
    },
    requesterManaged: false,
    tagSet: tagSet(context.state, eni.networkInterfaceId) ?? [],
  }
}

/** As it stands within an instance. */
export function viewInstanceInterface(eni: NetworkInterface, context: Context): XmlFields {
  return {
    ...viewCommon(eni, context),
    status: 'in-use',
    attachment: eni.attachment && viewAttachment(eni.attachment),
  }
}

function viewCommon(eni: NetworkInterface, { accountId, region, state }: Context): XmlFields {
  const dns = (address: Address | undefined) => address && privateDnsName(address, region)
  return {
    networkInterfaceId: eni.networkInterfaceId,
    subnetId: eni.subnetId,
    vpcId: eni.vpcId,
    description: eni.description,
    ownerId: accountId,
    macAddress: eni.macAddress,
    privateIpAddress: primaryAddress(eni),
    privateDnsName: dns(eni.privateIpAddresses[0]),
    sourceDestCheck: eni.sourceDestCheck,
    groupSet: viewGroups(eni.groupIds, state),
    privateIpAddressesSet: eni.privateIpAddresses.map((address, index) => ({
      privateIpAddress: formatAddress(address),
      privateDnsName: dns(address),
      primary: index === 0,
    })),
    ipv6AddressesSet: eni.ipv6Addresses.map((address) => ({ ipv6Address: formatAddress(address) })),
    ipv6PrefixSet:
      eni.ipv6Prefixes.length === 0
        ? undefined
        : eni.ipv6Prefixes.map((prefix) => ({ ipv6Prefix: formatCidr(prefix) })),
    interfaceType: 'interface',
  }
}

export const viewGroups = (groupIds: readonly string[], state: State): readonly XmlFields[] =>
  groupIds.map((groupId) => ({ groupId, groupName: state.securityGroups.get(groupId)?.groupName }))

export const viewAttachment = (attachment: Attachment): XmlFields => ({
  attachmentId: attachment.attachmentId,
  deviceIndex: attachment.deviceIndex,
  networkCardIndex: 0,
  status: 'attached',
  attachTime: new Date(attachment.attachTime).toISOString(),
  deleteOnTermination: attachment.deleteOnTermination,
})

export function primaryAddress(eni: NetworkInterface | undefined): string | undefined {
  const first = eni?.privateIpAddresses[0]
  return first === undefined ? undefined : formatAddress(first)
}

/** The name by address, the default of most subnets: `ip-10-0-1-4.eu-central-1.compute.internal`. */
export const privateDnsName = (address: Address, region: string): string =>
  `ip-${formatAddress(address).replaceAll('.', '-')}.${region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`}`
