import type { XmlElement } from './xml-tree.ts'

const below = (path: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${path}/${name}`)

const addresses = [
  'privateIpAddress',
  'privateIpAddressesSet/item/privateIpAddress',
  'ipv6AddressesSet/item/ipv6Address',
  'ipv6PrefixSet/item/ipv6Prefix',
]
const ipv6Blocks = below('ipv6CidrBlockAssociationSet/item', 'ipv6CidrBlock', 'ipv6CidrBlockState/state')
const instance = [
  'instanceId',
  'instanceState/name',
  'privateIpAddress',
  'placement/availabilityZone',
  ...below(
    'networkInterfaceSet/item',
    'networkInterfaceId',
    'attachment/deviceIndex',
    'attachment/networkCardIndex',
    ...addresses,
  ),
]
const route = [
  'destinationCidrBlock',
  'destinationIpv6CidrBlock',
  'networkInterfaceId',
  'instanceId',
  'gatewayId',
  'natGatewayId',
  'transitGatewayId',
  'vpcPeeringConnectionId',
  'egressOnlyInternetGatewayId',
  'localGatewayId',
  'carrierGatewayId',
  'coreNetworkArn',
  'odbNetworkArn',
  'state',
  'origin',
]

/** What the AWS provider and its examination, the lab's reading of a VPC, the demo and the conformance world take from any answer. */
const READ: ReadonlySet<string> = new Set([
  ...below(
    'routeTableSet/item',
    'routeTableId',
    'vpcId',
    ...below('routeSet/item', ...route),
    ...below('associationSet/item', 'subnetId', 'main'),
    ...below('tagSet/item', 'key', 'value'),
  ),
  ...below('vpcSet/item', 'vpcId', 'cidrBlock', 'cidrBlockAssociationSet/item/cidrBlock', ...ipv6Blocks),
  ...below('subnetSet/item', 'subnetId', 'vpcId', 'cidrBlock', ...ipv6Blocks),
  ...below(
    'networkInterfaceSet/item',
    'networkInterfaceId',
    'subnetId',
    'sourceDestCheck',
    'attachment/instanceId',
    'attachment/deviceIndex',
    'attachment/status',
    ...addresses,
  ),
  ...below('reservationSet/item/instancesSet/item', ...instance),
  ...below(
    'securityGroupInfo/item',
    'groupId',
    ...below(
      'ipPermissions/item',
      'ipProtocol',
      'fromPort',
      'toPort',
      'groups/item/groupId',
      'ipRanges/item/cidrIp',
      'ipv6Ranges/item/cidrIpv6',
      'prefixListIds/item/prefixListId',
    ),
  ),
  ...below(
    'networkAclSet/item',
    'networkAclId',
    'associationSet/item/subnetId',
    ...below('entrySet/item', 'ruleNumber', 'protocol', 'ruleAction', 'egress', 'cidrBlock', 'ipv6CidrBlock'),
  ),
  ...below(
    'vpcPeeringConnectionSet/item',
    'vpcPeeringConnectionId',
    'status/code',
    ...['requesterVpcInfo', 'accepterVpcInfo'].flatMap((side) =>
      below(side, 'vpcId', 'cidrBlock', 'cidrBlockSet/item/cidrBlock', 'ipv6CidrBlockSet/item/ipv6CidrBlock'),
    ),
  ),
  ...below('subnetIpv6CidrReservationSet/item', 'cidr', 'reservationType'),
  'nextToken',
  'vpc/vpcId',
  'subnet/subnetId',
  'routeTable/routeTableId',
  'internetGateway/internetGatewayId',
  // What has just been launched is pending or running: that is for later answers to tell.
  ...below('instancesSet/item', ...instance.filter((field) => field !== 'instanceState/name')),
])

const LISTS: ReadonlySet<string> = new Set(
  [...READ].filter((field) => field.includes('/item/')).map((field) => field.split('/')[0] ?? ''),
)

/**
 * The fields of an answer that someone reads, sorted: a line for each item of each list, as
 * `<table> routeSet: destinationCidrBlock=10.244.0.0/24 gatewayId=<gateway> …`. A field without text is as good as none.
 *
 * @param inWords puts a value into the words that the clouds have in common
 */
export function readFields(answer: XmlElement, inWords: (value: string) => string): readonly string[] {
  const lines: string[] = []

  /** One item, or the answer itself; `owner` is the item that it stands in. */
  const visit = (item: XmlElement, path: string, set: string, owner: string): void => {
    const values: string[] = []
    const lists: (readonly [XmlElement, string])[] = []
    collect(item, path, values, lists)
    const id = values.find((value) => /^(instance|networkInterface|routeTable)Id=/.test(value))
    if (values.length > 0) lines.push(`${owner}${set}${values.sort().join(' ')}`)
    const within = id === undefined ? owner : `${id.split('=')[1] ?? ''} `
    for (const [list, at] of lists)
      for (const child of list.children) visit(child, `${at}/item`, `${list.name}: `, within)
  }

  /** The values of this item, and its lists, wherever they stand in it. */
  const collect = (
    element: XmlElement,
    path: string,
    values: string[],
    lists: (readonly [XmlElement, string])[],
  ): void => {
    for (const child of element.children) {
      const at = path === '' ? child.name : `${path}/${child.name}`
      if (child.children.some(({ name }) => name === 'item')) lists.push([child, at])
      else if (child.children.length > 0) collect(child, at, values, lists)
      else if (LISTS.has(at)) lines.push(`${at}: (empty)`)
      else if (READ.has(at) && child.text !== '')
        values.push(`${at.split('item/').at(-1) ?? ''}=${valueOf(child, inWords)}`)
    }
  }

  visit(answer, '', '', '')
  return lines.sort()
}

const valueOf = ({ name, text }: XmlElement, inWords: (value: string) => string): string =>
  name === 'nextToken' ? '(a token)' : inWords(text)

/** How many items the answer's list has. */
export const countItems = (answer: XmlElement): number =>
  answer.children.flatMap(({ children }) => children.filter(({ name }) => name === 'item')).length
