import type { Address } from '../../../net/address.ts'
import type { Context } from './action.ts'
import { chooseAddresses } from './address-pool.ts'
import { readAddress } from './cidr-parameters.ts'
import { differentNetworks, invalidCombination, invalidParameter } from './errors.ts'
import { SECURITY_GROUP, SUBNET, lookUp, lookUpAll } from './ids.ts'
import type { Parameters } from './parameters.ts'
import { isDefaultGroup } from './security.ts'
import type { Attachment, NetworkInterface, State, Subnet } from './state.ts'

/** A network interface that a call is about to make: checked, with its addresses chosen, without an id. */
export interface InterfaceWish {
  readonly subnet: Subnet
  readonly description: string
  readonly privateIpAddresses: readonly Address[]
  readonly ipv6Addresses: readonly Address[]
  readonly groupIds: readonly string[]
}

/** The parameters that {@link readInterfaceWish} reads, without what stands before them. */
export const WISH_PARAMETERS = [
  'SubnetId',
  'Description',
  'PrivateIpAddress',
  'PrivateIpAddresses.#.PrivateIpAddress',
  'PrivateIpAddresses.#.Primary',
  'SecondaryPrivateIpAddressCount',
  'Ipv6Addresses.#.Ipv6Address',
  'Ipv6AddressCount',
  'SecurityGroupId.#',
] as const

/**
 * @param ipv6List the parameter of given IPv6 addresses, which RunInstances spells differently
 * @param alsoTaken addresses that earlier interfaces of the same call get
 * @throws Ec2Error
 */
export function readInterfaceWish(
  parameters: Parameters,
  { state }: Context,
  alsoTaken: readonly InterfaceWish[] = [],
  ipv6List = 'Ipv6Addresses',
): InterfaceWish {
  const subnet = lookUp(SUBNET, state.subnets, parameters.required('SubnetId'))
  const taken = alsoTaken.flatMap((other) => [...other.privateIpAddresses, ...other.ipv6Addresses])
  const v4 = readV4(parameters)
  const v6 = parameters
    .structures(ipv6List)
    .map((entry) => readAddress('Ipv6Address', entry.required('Ipv6Address'), 6))
  const v6Count = parameters.integer('Ipv6AddressCount') ?? 0
  if (v6.length > 0 && v6Count > 0)
    throw invalidCombination('The parameter ipv6Addresses cannot be used with the parameter ipv6AddressCount')
  if (v6.length + v6Count > 0 && subnet.ipv6 === undefined)
    throw invalidParameter(`The subnet '${subnet.subnetId}' does not have an IPv6 CIDR block.`)
  return {
    subnet,
    description: parameters.text('Description') ?? '',
    privateIpAddresses: chooseAddresses(state, subnet, subnet.cidr, v4, taken),
    ipv6Addresses:
      subnet.ipv6 === undefined
        ? []
        : chooseAddresses(state, subnet, subnet.ipv6.cidr, { addresses: v6, count: v6Count }, taken),
    groupIds: readGroups(parameters, state, subnet.vpcId),
  }
}

/** The VPC's default group where none is named. @throws Ec2Error */
export function readGroups(parameters: Parameters, state: State, vpcId: string): readonly string[] {
  const named = parameters.list('SecurityGroupId')
  const groups =
    named.length > 0
      ? lookUpAll(SECURITY_GROUP, state.securityGroups, named)
      : [...state.securityGroups.values()].filter((group) => group.vpcId === vpcId && isDefaultGroup(group))
  const stray = groups.find((group) => group.vpcId !== vpcId)
  if (stray !== undefined) throw differentNetworks(`security group ${stray.groupId}`, `network ${vpcId}`)
  return groups.map(({ groupId }) => groupId)
}

/** The primary address comes first, whichever way it was given. */
function readV4(parameters: Parameters): { addresses: readonly Address[]; count: number } {
  const single = parameters.text('PrivateIpAddress')
  const several = parameters.structures('PrivateIpAddresses').map((entry) => ({
    address: readAddress('PrivateIpAddress', entry.required('PrivateIpAddress'), 4),
    primary: entry.flag('Primary') ?? false,
  }))
  if (single !== undefined && several.some(({ primary }) => primary))
    throw invalidCombination(
      'Only one primary private IP address can be specified: privateIpAddress or privateIpAddresses',
    )
  const primary =
    single === undefined
      ? several.filter((entry) => entry.primary).map(({ address }) => address)
      : [readAddress('PrivateIpAddress', single, 4)]
  if (primary.length > 1) throw invalidCombination('Only one primary private IP address can be specified.')
  const others = several.filter((entry) => !entry.primary).map(({ address }) => address)
  const count = parameters.integer('SecondaryPrivateIpAddressCount') ?? 0
  const chosenPrimary = primary.length === 0 && others.length === 0 ? 1 : 0
  return { addresses: [...primary, ...others], count: count + chosenPrimary }
}

/** Makes the interface. A new one has its source/destination check on. */
export function addInterface(state: State, wish: InterfaceWish, attachment?: Attachment): NetworkInterface {
  const networkInterfaceId = state.newId('eni')
  const eni: NetworkInterface = {
    networkInterfaceId,
    subnetId: wish.subnet.subnetId,
    vpcId: wish.subnet.vpcId,
    availabilityZone: wish.subnet.availabilityZone,
    description: wish.description,
    macAddress: ['02', ...(networkInterfaceId.slice(-10).match(/../g) ?? [])].join(':'),
    privateIpAddresses: wish.privateIpAddresses,
    ipv6Addresses: wish.ipv6Addresses,
    ipv6Prefixes: [],
    sourceDestCheck: true,
    groupIds: wish.groupIds,
    ...(attachment === undefined ? {} : { attachment }),
  }
  state.networkInterfaces.set(networkInterfaceId, eni)
  return eni
}

export function detach(state: State, eni: NetworkInterface): void {
  const { attachment: _, ...rest } = eni
  state.networkInterfaces.set(eni.networkInterfaceId, rest)
}
