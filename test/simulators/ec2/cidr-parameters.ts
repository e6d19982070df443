import {
  type Address,
  type Family,
  AddressSyntaxError,
  formatAddress,
  parseAddress,
} from '../../../net/address.ts'
import { type Cidr, cidrAround, parseInterfaceAddress } from '../../../net/cidr.ts'
import { invalidValue } from './errors.ts'

/**
 * Reads a CIDR as EC2 does: bits behind the prefix are cleared without a word (`100.68.0.18/18` is `100.68.0.0/18`,
 * documented at CreateRoute), the other family is not a CIDR at all (https://github.com/kubernetes/kubernetes/issues/78089).
 *
 * @throws Ec2Error InvalidParameterValue
 */
export function readCidr(parameter: string, text: string, family: Family): Cidr {
  const cidr = attempt(() => {
    const { address, prefixLength } = parseInterfaceAddress(text)
    return cidrAround(address, prefixLength)
  })
  if (cidr?.family !== family) throw invalidValue(parameter, text, 'This is not a valid CIDR block.')
  return cidr
}

/** @throws Ec2Error InvalidParameterValue */
export function readAddress(parameter: string, text: string, family: Family): Address {
  const address = attempt(() => parseAddress(text))
  if (address?.family !== family)
    throw invalidValue(parameter, text, `This is not a valid IPv${family} address.`)
  return address
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

export const addressText = (address: Address | undefined): string | undefined =>
  address === undefined ? undefined : formatAddress(address)
