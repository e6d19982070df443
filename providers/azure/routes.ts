import { AddressSyntaxError, formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, cidrAround, formatCidr, parseInterfaceAddress } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { ObservedRoute, Target } from '../route.ts'
import type { WireRoute } from './wire.ts'

/**
 * A route as a table lists it. Undefined for what no CIDR stands for (service tags), and for what Azure failed to put into
 * force: the table has it, and no packet follows it, so that it is written again.
 */
export function observedRoute(wire: WireRoute): ObservedRoute | undefined {
  const destination = destinationOf(wire)
  if (destination === undefined || hasFailed(wire)) return undefined
  return { destination, target: targetOf(wire), state: 'active', origin: 'static' }
}

export const hasFailed = ({ properties }: WireRoute): boolean => properties?.provisioningState === 'Failed'

export function destinationOf({ properties }: WireRoute): Cidr | undefined {
  const text = properties?.addressPrefix
  if (text?.includes('/') !== true) return undefined
  try {
    const { address, prefixLength } = parseInterfaceAddress(text)
    return cidrAround(address, prefixLength)
  } catch (error) {
    // One line that makes no sense must not hide all the others.
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

/** The address of the machine that forwards; of any other kind of next hop, what Azure calls it. */
export function targetOf({ properties }: WireRoute): Target {
  const { nextHopIpAddress, nextHopType } = properties ?? {}
  const id = nextHopType === 'VirtualAppliance' ? canonical(nextHopIpAddress ?? '') : undefined
  return id === undefined ? { kind: 'other', id: nextHopType ?? 'unknown' } : { kind: 'address', id }
}

function canonical(text: string): string | undefined {
  try {
    return formatAddress(parseAddress(text))
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

/** @throws ProviderError `invalid` for anything but an address of the destination's family, which is all that podway writes */
export function nextHop(
  destination: Cidr,
  target: Target,
): { readonly nextHopType: string; readonly nextHopIpAddress: string } {
  const address = target.kind === 'address' ? canonical(target.id) : undefined
  if (address !== undefined && parseAddress(address).family === destination.family)
    return { nextHopType: 'VirtualAppliance', nextHopIpAddress: address }
  throw new ProviderError(
    'invalid',
    `a route to ${formatCidr(destination)} can't be made to lead to ${target.kind} ${target.id}: only IPv${destination.family} addresses of nodes are written`,
    { code: 'UnsupportedTarget' },
  )
}
