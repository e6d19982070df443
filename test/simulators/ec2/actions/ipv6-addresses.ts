import { formatAddress } from '../../../../net/address.ts'
import { formatCidr } from '../../../../net/cidr.ts'
import type { Action } from '../action.ts'
import { chooseAddresses } from '../address-pool.ts'
import { readAddress, readCidr } from '../cidr-parameters.ts'
import { Ec2Error, invalidCombination, invalidParameter } from '../errors.ts'
import { SUBNET, lookUp } from '../ids.ts'
import { interfaceLimits } from '../instance-types.ts'
import type { Parameters } from '../parameters.ts'
import { choosePrefixes } from '../prefix-pool.ts'
import type { NetworkInterface, State } from '../state.ts'
import { readInterface } from './network-interfaces.ts'

const lists = ['Ipv6Addresses', 'Ipv6AddressCount', 'Ipv6Prefixes', 'Ipv6PrefixCount'] as const

/**
 * Given addresses or prefixes, or a number of one of them, on top of what the interface has. A number makes the call not
 * idempotent. One kind a call (https://github.com/aws/karpenter-provider-aws/issues/2187).
 */
const assignIpv6Addresses: Action = {
  name: 'AssignIpv6Addresses',
  required: ['NetworkInterfaceId'],
  optional: ['Ipv6Addresses.#', 'Ipv6AddressCount', 'Ipv6Prefix.#', 'Ipv6PrefixCount'],
  prepare(parameters, { state }) {
    const eni = readInterface(parameters, state)
    const subnet = lookUp(SUBNET, state.subnets, eni.subnetId)
    const wish = readWish(parameters)
    if (subnet.ipv6 === undefined)
      throw invalidParameter(`The subnet '${subnet.subnetId}' does not have an IPv6 CIDR block.`)
    const range = subnet.ipv6.cidr
    const prefixes = choosePrefixes(state, subnet, range, {
      prefixes: wish.prefixes,
      count: wish.prefixCount,
    })
    const addresses = chooseAddresses(state, subnet, range, wish, [])
    checkLimits(state, eni, addresses.length, prefixes.length)
    return () => {
      const { networkInterfaceId, ipv6Addresses, ipv6Prefixes } = eni
      state.networkInterfaces.set(networkInterfaceId, {
        ...eni,
        ipv6Addresses: [...ipv6Addresses, ...addresses],
        ipv6Prefixes: [...ipv6Prefixes, ...prefixes],
      })
      return {
        networkInterfaceId,
        assignedIpv6Addresses: addresses.length === 0 ? undefined : addresses.map(formatAddress),
        assignedIpv6PrefixSet: prefixes.length === 0 ? undefined : prefixes.map(formatCidr),
      }
    }
  },
}

function readWish(parameters: Parameters) {
  const addresses = parameters.list('Ipv6Addresses').map((text) => readAddress('Ipv6Addresses', text, 6))
  const count = parameters.integer('Ipv6AddressCount') ?? 0
  const prefixes = parameters.list('Ipv6Prefix').map((text) => readCidr('Ipv6Prefixes', text, 6))
  const prefixCount = parameters.integer('Ipv6PrefixCount') ?? 0
  const named = [addresses.length, count, prefixes.length, prefixCount].flatMap((amount, index) =>
    amount === 0 ? [] : (lists[index] ?? []),
  )
  if (named.length === 0)
    throw new Ec2Error('MissingParameter', 'Either ipv6Addresses or ipv6AddressCount should be specified.')
  if (named.length > 1) throw invalidCombination(`You can and can only specify one of ${lists.join(', ')}`)
  return { addresses, count, prefixes, prefixCount }
}

/** How EC2 names what an instance of before Nitro can't have is not known. */
function checkLimits(state: State, eni: NetworkInterface, addresses: number, prefixes: number): void {
  const instance = state.instances.get(eni.attachment?.instanceId ?? '')
  if (instance === undefined) return
  const limits = interfaceLimits(instance.instanceType)
  if (prefixes > 0 && !limits.nitro)
    throw new Ec2Error(
      'UnsupportedOperation',
      `The instance type ${instance.instanceType} does not support prefixes on its network interfaces.`,
    )
  const sum = eni.ipv6Addresses.length + eni.ipv6Prefixes.length + addresses + prefixes
  if (sum > limits.ipv6)
    throw new Ec2Error('PrivateIpAddressLimitExceeded', `Number of private addresses will exceed limit.`)
}

/** Of what the interface does not have, nothing is removed. Whether AWS refuses it so is not known. */
const unassignIpv6Addresses: Action = {
  name: 'UnassignIpv6Addresses',
  required: ['NetworkInterfaceId'],
  optional: ['Ipv6Addresses.#', 'Ipv6Prefix.#'],
  prepare(parameters, { state }) {
    const eni = readInterface(parameters, state)
    const addresses = parameters
      .list('Ipv6Addresses')
      .map((text) => formatAddress(readAddress('Ipv6Addresses', text, 6)))
    const prefixes = parameters
      .list('Ipv6Prefix')
      .map((text) => formatCidr(readCidr('Ipv6Prefixes', text, 6)))
    if (addresses.length + prefixes.length === 0)
      throw new Ec2Error('MissingParameter', 'Either ipv6Addresses or ipv6Prefixes should be specified.')
    const ipv6Addresses = eni.ipv6Addresses.filter((one) => !addresses.includes(formatAddress(one)))
    const ipv6Prefixes = eni.ipv6Prefixes.filter((one) => !prefixes.includes(formatCidr(one)))
    const removed =
      eni.ipv6Addresses.length - ipv6Addresses.length + eni.ipv6Prefixes.length - ipv6Prefixes.length
    if (removed < addresses.length + prefixes.length)
      throw invalidParameter(
        `Some of ${[...addresses, ...prefixes].join(', ')} are not assigned to interface ${eni.networkInterfaceId}`,
      )
    return () => {
      state.networkInterfaces.set(eni.networkInterfaceId, { ...eni, ipv6Addresses, ipv6Prefixes })
      return {
        networkInterfaceId: eni.networkInterfaceId,
        unassignedIpv6Addresses: addresses.length === 0 ? undefined : addresses,
        unassignedIpv6PrefixSet: prefixes.length === 0 ? undefined : prefixes,
      }
    }
  },
}

export const IPV6_ADDRESS_ACTIONS: readonly Action[] = [assignIpv6Addresses, unassignIpv6Addresses]
