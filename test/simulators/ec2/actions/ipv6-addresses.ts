import { formatAddress } from '../../../../net/address.ts'
import type { Action } from '../action.ts'
import { chooseAddresses } from '../address-pool.ts'
import { readAddress } from '../cidr-parameters.ts'
import { Ec2Error, invalidCombination, invalidParameter } from '../errors.ts'
import { SUBNET, lookUp } from '../ids.ts'
import { readInterface } from './network-interfaces.ts'

/** Given addresses or a number of them, on top of what the interface has. A number makes the call not idempotent. */
const assignIpv6Addresses: Action = {
  name: 'AssignIpv6Addresses',
  required: ['NetworkInterfaceId'],
  optional: ['Ipv6Addresses.#', 'Ipv6AddressCount'],
  prepare(parameters, { state }) {
    const eni = readInterface(parameters, state)
    const subnet = lookUp(SUBNET, state.subnets, eni.subnetId)
    const addresses = parameters.list('Ipv6Addresses').map((text) => readAddress('Ipv6Addresses', text, 6))
    const count = parameters.integer('Ipv6AddressCount') ?? 0
    if (addresses.length > 0 && count > 0)
      throw invalidCombination(
        'The parameter ipv6Addresses cannot be used with the parameter ipv6AddressCount',
      )
    if (addresses.length + count === 0)
      throw new Ec2Error('MissingParameter', 'Either ipv6Addresses or ipv6AddressCount should be specified.')
    if (subnet.ipv6 === undefined)
      throw invalidParameter(`The subnet '${subnet.subnetId}' does not have an IPv6 CIDR block.`)
    const chosen = chooseAddresses(state, subnet, subnet.ipv6.cidr, { addresses, count }, [])
    return () => {
      const { networkInterfaceId, ipv6Addresses } = eni
      state.networkInterfaces.set(networkInterfaceId, {
        ...eni,
        ipv6Addresses: [...ipv6Addresses, ...chosen],
      })
      return { networkInterfaceId, assignedIpv6Addresses: chosen.map(formatAddress) }
    }
  },
}

export const IPV6_ADDRESS_ACTIONS: readonly Action[] = [assignIpv6Addresses]
