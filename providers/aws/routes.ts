import type { Route as WireRoute } from '@aws-sdk/client-ec2'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import type { ObservedRoute, Target } from '../route.ts'
import { wireRange } from './wire-range.ts'

/**
 * A route as EC2 lists it. Undefined for what no CIDR stands for: a prefix list's routes can be neither compared with
 * ours nor written by us.
 */
export function observedRoute(wire: WireRoute): ObservedRoute | undefined {
  if (!Object.isFrozen(wire)) return readRoute(wire)
  const known = observed.get(wire) ?? readRoute(wire)
  if (known !== undefined) observed.set(wire, known)
  return known
}

/** Of routes that never change: those that were the same in an earlier reading. */
const observed = new WeakMap<WireRoute, ObservedRoute>()

function readRoute(wire: WireRoute): ObservedRoute | undefined {
  const destination = destinationOf(wire)
  if (destination === undefined) return undefined
  return {
    destination,
    target: targetOf(wire),
    state: wire.State === 'active' || wire.State === undefined ? 'active' : 'blackhole',
    origin: originOf(wire),
  }
}

/** One line that makes no sense must not hide all the others. */
const destinationOf = (wire: WireRoute): Cidr | undefined =>
  wireRange(wire.DestinationCidrBlock ?? wire.DestinationIpv6CidrBlock)

/**
 * The network interface wherever EC2 names it: a route made by instance lists both, and only the interface tells which
 * of several it means (https://github.com/kubernetes/kubernetes/issues/92783).
 */
function targetOf(wire: WireRoute): Target {
  if (wire.NetworkInterfaceId !== undefined) return { kind: 'eni', id: wire.NetworkInterfaceId }
  if (wire.InstanceId !== undefined) return { kind: 'instance', id: wire.InstanceId }
  const id =
    wire.GatewayId ??
    wire.NatGatewayId ??
    wire.TransitGatewayId ??
    wire.VpcPeeringConnectionId ??
    wire.EgressOnlyInternetGatewayId ??
    wire.LocalGatewayId ??
    wire.CarrierGatewayId ??
    wire.CoreNetworkArn ??
    wire.OdbNetworkArn
  return { kind: 'other', id: id ?? 'unknown' }
}

/** What EC2 doesn't say to be made by CreateRoute is the cloud's, and so never touched. */
function originOf(wire: WireRoute): ObservedRoute['origin'] {
  switch (wire.Origin) {
    case 'CreateRoute':
      return 'static'
    case 'CreateRouteTable':
      return 'local'
    case 'EnableVgwRoutePropagation':
    case 'Advertisement':
    case undefined:
      return 'propagated'
  }
}

/** Each family has its own parameter: https://github.com/kubernetes/kubernetes/issues/78089 */
export const destinationParameter = (
  destination: Cidr,
): { readonly DestinationCidrBlock: string } | { readonly DestinationIpv6CidrBlock: string } =>
  destination.family === 4
    ? { DestinationCidrBlock: formatCidr(destination) }
    : { DestinationIpv6CidrBlock: formatCidr(destination) }

/** @throws ProviderError `invalid` for anything but a network interface, which is all that podway writes */
export function targetParameter(target: Target): { readonly NetworkInterfaceId: string } {
  if (target.kind === 'eni') return { NetworkInterfaceId: target.id }
  const message = `a route can't be made to lead to ${target.id}: only network interfaces (eni-…) are written`
  throw new ProviderError('invalid', message, { code: 'UnsupportedTarget' })
}
