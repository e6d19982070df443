import { addressBits, formatAddress, parseAddress } from '../../net/address.ts'

/** `10.0.1.10` → `10.0.1.10/32`, in canonical text. */
export function hostCidr(text: string): string {
  const address = parseAddress(text)
  return `${formatAddress(address)}/${addressBits(address.family)}`
}
