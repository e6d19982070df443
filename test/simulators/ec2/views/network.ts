import { formatCidr } from '../../../../net/cidr.ts'
import type { Context } from '../action.ts'
import { freeAddresses } from '../address-pool.ts'
import type { CidrAssociation, InternetGateway, Subnet, Vpc } from '../state.ts'
import { tagSet } from '../tagging.ts'
import type { XmlFields } from '../xml.ts'

/** EC2 describes a VPC with these, whatever they were when it was made. */
export function viewVpc(vpc: Vpc, { state, accountId, region }: Context): XmlFields {
  return {
    vpcId: vpc.vpcId,
    ownerId: accountId,
    state: 'available',
    cidrBlock: vpc.cidrBlocks.slice(0, 1).map(({ cidr }) => formatCidr(cidr))[0],
    cidrBlockAssociationSet: vpc.cidrBlocks.map(viewCidrBlock),
    ipv6CidrBlockAssociationSet:
      vpc.ipv6CidrBlocks.length === 0
        ? undefined
        : vpc.ipv6CidrBlocks.map((association) => viewIpv6CidrBlock(association, region)),
    dhcpOptionsId: 'dopt-00000000000000001',
    instanceTenancy: 'default',
    isDefault: false,
    tagSet: tagSet(state, vpc.vpcId),
  }
}

export const viewCidrBlock = ({ associationId, cidr }: CidrAssociation): XmlFields => ({
  associationId,
  cidrBlock: formatCidr(cidr),
  cidrBlockState: { state: 'associated' },
})

export const viewIpv6CidrBlock = ({ associationId, cidr }: CidrAssociation, region: string): XmlFields => ({
  associationId,
  ipv6CidrBlock: formatCidr(cidr),
  ipv6CidrBlockState: { state: 'associated' },
  networkBorderGroup: region,
  ipv6Pool: 'Amazon',
})

export function viewSubnet(subnet: Subnet, { state, accountId, region }: Context): XmlFields {
  return {
    subnetId: subnet.subnetId,
    subnetArn: `arn:aws:ec2:${region}:${accountId}:subnet/${subnet.subnetId}`,
    ownerId: accountId,
    vpcId: subnet.vpcId,
    state: 'available',
    cidrBlock: formatCidr(subnet.cidr),
    ipv6CidrBlockAssociationSet:
      subnet.ipv6 === undefined
        ? undefined
        : [
            {
              associationId: subnet.ipv6.associationId,
              ipv6CidrBlock: formatCidr(subnet.ipv6.cidr),
              ipv6CidrBlockState: { state: 'associated' },
            },
          ],
    availableIpAddressCount: freeAddresses(state, subnet),
    availabilityZone: subnet.availabilityZone,
    defaultForAz: false,
    mapPublicIpOnLaunch: false,
    assignIpv6AddressOnCreation: false,
    tagSet: tagSet(state, subnet.subnetId),
  }
}

export function viewInternetGateway(gateway: InternetGateway, { state, accountId }: Context): XmlFields {
  return {
    internetGatewayId: gateway.internetGatewayId,
    ownerId: accountId,
    attachmentSet: gateway.vpcId === undefined ? [] : [{ vpcId: gateway.vpcId, state: 'available' }],
    tagSet: tagSet(state, gateway.internetGatewayId),
  }
}
