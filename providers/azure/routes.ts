import { formatAddress } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { ObservedRoute, Target } from '../route.ts'
import { addressOnWire, cidrOnWire } from '../wire-addresses.ts'
import { isNamedFor } from './route-names.ts'
import type { WireRoute } from './wire.ts'

/**
 * A route as a table lists it. Undefined for what no CIDR stands for (service tags), and for what Azure failed to put into
 * force: the table has it, and no packet follows it, so that it is written again.
 */
export function observedRoute(wire: WireRoute): ObservedRoute | undefined {
  const destination = destinationOf(wire)
  if (destination === undefined || hasFailed(wire)) return undefined
  const isMarked = isNamedFor(destination, wire.name ?? '')
  return {
    ...{ destination, target: targetOf(wire), state: 'active', origin: 'static' },
    ...(isMarked ? {} : { isUnmarked: true }),
  }
}

export const hasFailed = ({ properties }: WireRoute): boolean => properties?.provisioningState === 'Failed'

export function destinationOf({ properties }: WireRoute): Cidr | undefined {
  return cidrOnWire(properties?.addressPrefix ?? '')
}

/** The address of the machine that forwards; of any other kind of next hop, what Azure calls it. */
export function targetOf({ properties }: WireRoute): Target {
  const { nextHopIpAddress, nextHopType } = properties ?? {}
  const id = nextHopType === 'VirtualAppliance' ? canonical(nextHopIpAddress ?? '') : undefined
  return id === undefined ? { kind: 'other', id: nextHopType ?? 'unknown' } : { kind: 'address', id }
}

function canonical(text: string): string | undefined {
  const address = addressOnWire(text)
  return address === undefined ? undefined : formatAddress(address)
}

/** @throws ProviderError `invalid` for anything but an address of the destination's family, which is all that podway writes */
export function nextHop(
  destination: Cidr,
  target: Target,
): { readonly nextHopType: string; readonly nextHopIpAddress: string } {
  const address = target.kind === 'address' ? addressOnWire(target.id) : undefined
  if (address?.family === destination.family)
    return { nextHopType: 'VirtualAppliance', nextHopIpAddress: formatAddress(address) }
  throw new ProviderError(
    'invalid',
    `a route to ${formatCidr(destination)} can't be made to lead to ${target.kind} ${target.id}: only IPv${destination.family} addresses of nodes are written`,
    { code: 'UnsupportedTarget' },
  )
}
