import type { Address } from '../../net/address.ts'
import type { InterfaceAddress } from '../../net/cidr.ts'
import { configError } from '../spec/json.ts'
import { type AssignedAddress, formatInterfaceAddress } from '../spec/result.ts'

/** An address of a pod, and the way out: on a wire with just two ends there is no other. */
export interface Lease {
  readonly address: InterfaceAddress
  readonly gateway: Address
}

/** @throws CniError "config" (7) if an address has no gateway, or if there is no address, with upstream's text */
export function toLeases(addresses: readonly AssignedAddress[]): readonly Lease[] {
  if (addresses.length === 0) throw configError('IPAM plugin returned missing IP config')
  return addresses.map(({ address, gateway }) => {
    if (gateway === undefined)
      throw configError(`the address ${formatInterfaceAddress(address)} needs a gateway of its family`)
    if (gateway.family !== address.address.family)
      throw configError(`the gateway of ${formatInterfaceAddress(address)} is not of its family`)
    return { address, gateway }
  })
}
