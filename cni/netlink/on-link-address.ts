import { formatAddress } from '../../net/address.ts'
import type { InterfaceAddress } from '../../net/cidr.ts'
import { AddressFlag, AddressMessage, encodeAddAddress } from './address.ts'
import type { Request } from './connection.ts'
import { Flag } from './message.ts'

const textOf = ({ address, prefixLength }: InterfaceAddress): string =>
  `${formatAddress(address)}/${prefixLength}`

/**
 * Adds an address whose subnet is on that link: the kernel makes the route.
 * @param detectDuplicates - of IPv6: asks first whether somebody has it; it can't be used until nobody has answered
 */
export const addOnLinkAddress = (
  index: number,
  address: InterfaceAddress,
  { detectDuplicates }: { readonly detectDuplicates: boolean },
): Request => ({
  operation: `add address ${textOf(address)}`,
  type: AddressMessage.create,
  flags: Flag.create | Flag.exclusive,
  payload: encodeAddAddress(
    index,
    address,
    AddressFlag.permanent | (detectDuplicates ? 0 : AddressFlag.noDad),
  ),
})

export const deleteAddress = (index: number, address: InterfaceAddress): Request => ({
  operation: `delete address ${textOf(address)}`,
  type: AddressMessage.delete,
  payload: encodeAddAddress(index, address),
})
