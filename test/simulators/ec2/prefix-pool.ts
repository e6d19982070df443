import {
  type Cidr,
  cidrSize,
  containsAddress,
  containsCidr,
  formatCidr,
  nthSubnet,
  overlaps,
} from '../../../net/cidr.ts'
import { Ec2Error, invalidParameter, invalidValue } from './errors.ts'
import { type State, type Subnet, prefixesIn, reservationsIn } from './state.ts'

/** The only size that there is: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html */
const prefixLength = 80

/**
 * The prefixes for one interface: named ones from anywhere in the subnet's range, by number from a reservation for
 * prefixes where the subnet has one. Taken is what any interface has, this one too: whether AWS would say so of the
 * interface's own is not known.
 *
 * @throws Ec2Error InvalidParameterValue outside the range or of another size, InvalidIPAddress.InUse, InsufficientCidrBlocks
 */
export function choosePrefixes(
  state: State,
  subnet: Subnet,
  range: Cidr,
  wish: { readonly prefixes: readonly Cidr[]; readonly count: number },
): readonly Cidr[] {
  const taken = [...prefixesIn(state, subnet)]
  const addresses = [...state.networkInterfaces.values()].flatMap((eni) => eni.ipv6Addresses)
  const isFree = (prefix: Cidr): boolean =>
    !taken.some((other) => overlaps(other, prefix)) &&
    !addresses.some((address) => containsAddress(prefix, address))
  for (const prefix of wish.prefixes) {
    const text = formatCidr(prefix)
    if (prefix.prefixLength !== prefixLength)
      throw invalidValue('Ipv6Prefixes', text, `An IPv6 prefix has the length ${prefixLength}.`)
    if (!containsCidr(range, prefix))
      throw invalidParameter(
        `Prefix ${text} does not fall within the subnet's address range ${formatCidr(range)}`,
      )
    if (!isFree(prefix)) throw new Ec2Error('InvalidIPAddress.InUse', `Prefix ${text} is in use.`)
    taken.push(prefix)
  }
  const reserved = reservationsIn(state, subnet)
    .filter(({ cidr, reservationType }) => cidr.family === 6 && reservationType === 'prefix')
    .map(({ cidr }) => cidr)
  const chosen = [...wish.prefixes]
  for (let count = 0; count < wish.count; count++) {
    const free = firstFree(reserved.length === 0 ? [range] : reserved, isFree)
    if (free === undefined)
      throw new Ec2Error(
        'InsufficientCidrBlocks',
        'The specified subnet does not have enough free cidr blocks to satisfy the request.',
      )
    taken.push(free)
    chosen.push(free)
  }
  return chosen
}

function firstFree(ranges: readonly Cidr[], isFree: (prefix: Cidr) => boolean): Cidr | undefined {
  for (const range of ranges) {
    const count = cidrSize(range) >> BigInt(128 - prefixLength)
    for (let index = 0n; index < count; index++) {
      const prefix = nthSubnet(range, prefixLength, index)
      if (isFree(prefix)) return prefix
    }
  }
  return undefined
}
