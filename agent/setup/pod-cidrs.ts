import { type KernelLink } from '../../cni/serve/protocol.ts'
import type { Node } from '../../kube/objects.ts'
import {
  type Address,
  AddressSyntaxError,
  addressBits,
  formatAddress,
  parseAddress,
} from '../../net/address.ts'
import {
  type Cidr,
  cidrAround,
  containsAddress,
  formatCidr,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
} from '../../net/cidr.ts'

/** What a Node says of where its pods have their addresses. */
export type PodCidrs =
  /** Nothing yet: no fault, somebody gives them sooner or later. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'known'; readonly cidrs: readonly Cidr[] }
  | { readonly kind: 'unusable'; readonly message: string }

/** Where no pod can have its address. */
const reserved = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/8',
  'fe80::/10',
  'ff00::/8',
].map(parseCidr)

/**
 * Reads Node.spec.podCIDRs. Host bits are refused here, by a sentence, and not by the plugin at each pod's start
 * (https://github.com/kubernetes/kubernetes/issues/84541).
 */
export function readPodCidrs({ spec }: Pick<Node, 'spec'>): PodCidrs {
  const texts = spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR])
  if (texts.length === 0) return { kind: 'waiting' }
  const cidrs: Cidr[] = []
  for (const text of texts) {
    const cidr = parse(text)
    if (typeof cidr === 'string') return { kind: 'unusable', message: cidr }
    const problem = problemOf(cidr)
    if (problem !== undefined) return { kind: 'unusable', message: `podCIDR ${text} ${problem}` }
    if (cidrs.some(({ family }) => family === cidr.family))
      return { kind: 'unusable', message: `there are two IPv${cidr.family} podCIDRs: ${texts.join(', ')}` }
    cidrs.push(cidr)
  }
  return { kind: 'known', cidrs }
}

function parse(text: string): Cidr | string {
  try {
    return parseCidr(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError) return `podCIDR: ${error.message}`
    throw error
  }
}

function problemOf(cidr: Cidr): string | undefined {
  const bits = addressBits(cidr.family)
  if (cidr.prefixLength > bits - 2) return `is too small: a /${bits - 2} has room for a gateway and a pod`
  const range = reserved.find((other) => overlaps(other, cidr))
  return range === undefined
    ? undefined
    : `overlaps with ${formatCidr(range)}, where no pod can have its address`
}

/**
 * The first usable address: host-local's default gateway, which is on every pod's host end and is never given to a pod.
 */
export const gatewayOf = ({ family, network }: Cidr): Address => ({ family, value: network + 1n })

/**
 * Why these podCIDRs can't be this machine's, as a sentence: its own network has addresses of them. A node that was given
 * the range of a machine's network would send what is for its neighbours to pods that don't exist.
 *
 * The gateway's address may be anywhere: it is on pods' host ends, on a predecessor's bridge, and held by the node.
 *
 * @param links those of the machine
 * @param nodeAddresses of Node.status.addresses; names among them are left out
 */
export function overlapWithOwnNetwork(
  cidrs: readonly Cidr[],
  links: readonly KernelLink[],
  nodeAddresses: readonly string[],
): string | undefined {
  for (const cidr of cidrs) {
    for (const { name, addresses } of links) {
      const text = addresses.find((one) => isInTheWay(cidr, one))
      if (text !== undefined)
        return `podCIDR ${formatCidr(cidr)} overlaps with ${text} of the interface ${name}`
    }
    const text = nodeAddresses.find((one) => isAddressIn(cidr, one))
    if (text !== undefined) return `podCIDR ${formatCidr(cidr)} contains the node's own address ${text}`
  }
  return undefined
}

function isInTheWay(cidr: Cidr, text: string): boolean {
  const { address, prefixLength } = parseInterfaceAddress(text)
  if (address.family !== cidr.family) return false
  const isGateway = formatAddress(address) === formatAddress(gatewayOf(cidr))
  return (
    !(isGateway && prefixLength >= cidr.prefixLength) && overlaps(cidr, cidrAround(address, prefixLength))
  )
}

function isAddressIn(cidr: Cidr, text: string): boolean {
  try {
    return containsAddress(cidr, parseAddress(text))
  } catch (error) {
    if (error instanceof AddressSyntaxError) return false
    throw error
  }
}
