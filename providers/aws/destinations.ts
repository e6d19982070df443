import { type Cidr, containsCidr, equalCidrs, formatCidr, parseCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'

/**
 * Of the VPC's own services (metadata, DNS, time): no route may lie within.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
 */
export const reserved: readonly Cidr[] = ['169.254.168.0/22', 'fd00:ec2::/32'].map(parseCidr)

/**
 * Why EC2 would refuse a route to that destination, whatever it leads to; undefined where it would not. Within the VPC's
 * ranges only a whole subnet may be sent elsewhere, and whoever takes over a subnet's addresses does not give them to pods.
 */
export function refusal(destination: Cidr, rangesOfVpc: readonly Cidr[]): ProviderError | undefined {
  const text = formatCidr(destination)
  const service = reserved.find((range) => containsCidr(range, destination))
  if (service !== undefined)
    return invalid(
      'DestinationReserved',
      `a route can't lead to ${text}: ${formatCidr(service)} is reserved for the services of AWS's VPCs`,
    )
  const range = rangesOfVpc.find((one) => containsCidr(one, destination))
  if (range === undefined) return undefined
  const where = equalCidrs(range, destination) ? 'is' : `lies within ${formatCidr(range)},`
  return invalid(
    'DestinationInVpc',
    `a route can't lead to ${text}: it ${where} a range of the VPC itself, whose local route wins; podCIDRs must lie outside of all of them`,
  )
}

const invalid = (code: string, message: string): ProviderError =>
  new ProviderError('invalid', message, { code })
