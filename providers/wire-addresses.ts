import { type Address, AddressSyntaxError, parseAddress } from '../net/address.ts'
import { type Cidr, cidrAround, parseInterfaceAddress } from '../net/cidr.ts'

/**
 * What a cloud's API says of addresses. One line that makes no sense must not hide all the others: undefined for it.
 * Clouds clear host bits; their emulators keep them, and mean the same.
 */
export function cidrOnWire(text: string): Cidr | undefined {
  return unlessSyntax(() => {
    const { address, prefixLength } = parseInterfaceAddress(text)
    return cidrAround(address, prefixLength)
  })
}

export const addressOnWire = (text: string): Address | undefined => unlessSyntax(() => parseAddress(text))

function unlessSyntax<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}
