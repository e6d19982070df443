import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, cidrAround, parseInterfaceAddress } from '../../net/cidr.ts'

/** A range as EC2 writes it: AWS clears host bits, its emulators keep them and mean the same. Undefined for what is none. */
export function wireRange(text: string | undefined): Cidr | undefined {
  if (text === undefined) return undefined
  try {
    const { address, prefixLength } = parseInterfaceAddress(text)
    return cidrAround(address, prefixLength)
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}
