import { type Address, formatAddress } from '../../../net/address.ts'
import { type Cidr, cidrSize, containsAddress, formatCidr, lastAddress } from '../../../net/cidr.ts'
import { Ec2Error, invalidParameter } from './errors.ts'
import { type State, type Subnet, prefixesIn, reservationsIn } from './state.ts'

/** Who asks for addresses of a subnet: some by name, some by number. */
export interface AddressWish {
  readonly addresses: readonly Address[]
  /** How many more; taken from the low end, which real EC2 does not promise. */
  readonly count: number
}

/**
 * The addresses for one interface. The first four and the last one of an IPv4 range are the VPC's own (router, DNS …),
 * of an IPv6 range likewise. Nobody gets an address of a prefix that an interface has, and nobody by number one that is
 * reserved (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html).
 *
 * @param alsoTaken by interfaces of the same call that are not in the state yet
 * @throws Ec2Error InvalidParameterValue outside the range, InvalidIPAddress.InUse, InsufficientFreeAddressesInSubnet
 */
export function chooseAddresses(
  state: State,
  subnet: Subnet,
  range: Cidr,
  wish: AddressWish,
  alsoTaken: readonly Address[],
): readonly Address[] {
  const taken = new Set(
    [
      ...alsoTaken,
      ...[...state.networkInterfaces.values()]
        .filter((eni) => eni.subnetId === subnet.subnetId)
        .flatMap((eni) => [...eni.privateIpAddresses, ...eni.ipv6Addresses]),
    ].map(formatAddress),
  )
  const prefixes = prefixesIn(state, subnet)
  const isDelegated = (address: Address): boolean =>
    prefixes.some((prefix) => containsAddress(prefix, address))
  for (const address of wish.addresses) {
    const text = formatAddress(address)
    if (!containsAddress(range, address))
      throw invalidParameter(
        `Address ${text} does not fall within the subnet's address range ${formatCidr(range)}`,
      )
    if (isReserved(range, address.value))
      throw invalidParameter(`Address ${text} is in subnet's reserved address range`)
    if (taken.has(text) || isDelegated(address))
      throw new Ec2Error('InvalidIPAddress.InUse', `Address ${text} is in use.`)
    taken.add(text)
  }
  const chosen = [...wish.addresses]
  const kept = [...prefixes, ...reservationsIn(state, subnet).map(({ cidr }) => cidr)]
  let value = range.network + 4n
  while (chosen.length < wish.addresses.length + wish.count) {
    if (isReserved(range, value))
      throw new Ec2Error(
        'InsufficientFreeAddressesInSubnet',
        `There are not enough free addresses in subnet '${subnet.subnetId}' to satisfy the request.`,
      )
    const address: Address = { family: range.family, value }
    const inside = kept.find((one) => containsAddress(one, address))
    if (inside === undefined && !taken.has(formatAddress(address))) chosen.push(address)
    value = inside === undefined ? value + 1n : lastAddress(inside).value + 1n
  }
  return chosen
}

const isReserved = (range: Cidr, value: bigint): boolean =>
  value < range.network + 4n || value >= range.network + cidrSize(range) - 1n

/** How many more addresses the subnet's IPv4 range can give. */
export function freeAddresses(state: State, subnet: Subnet): number {
  let used = 0
  for (const eni of state.networkInterfaces.values())
    if (eni.subnetId === subnet.subnetId) used += eni.privateIpAddresses.length
  return Number(cidrSize(subnet.cidr)) - 5 - used
}
