import { compareCidrs, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import { oneByOne } from '../one-by-one.ts'
import type { Change, Outcome } from '../provider.ts'
import { type ObservedRoute, type Target, sameTarget } from '../route.ts'
import { type Ec2, call, reserve } from './call.ts'
import { changed, holds, isCode } from './changes.ts'
import { interfacesOfVpc } from './network-interfaces.ts'
import { ofNewcomer } from './newcomers.ts'
import { targetParameter } from './routes.ts'
import type { Sightings } from './sightings.ts'
import { wireRange } from './wire-range.ts'

/** A VPC, and what is known there. */
export interface DelegationSite {
  readonly ec2: Ec2
  readonly sightings: Sightings
  readonly vpcId: string
}

/**
 * The IPv6 prefixes that the VPC delivers to interfaces, as routes to them. All of one page after the other: EC2 can't be
 * asked for prefixes. One on an interface that no instance has leads nowhere.
 */
export async function readDelegations(
  { ec2, vpcId }: Pick<DelegationSite, 'ec2' | 'vpcId'>,
  signal: AbortSignal,
): Promise<readonly ObservedRoute[]> {
  const interfaces = await interfacesOfVpc(ec2, vpcId, signal)
  return interfaces
    .flatMap(({ NetworkInterfaceId: id, Ipv6Prefixes = [], Attachment }) =>
      id === undefined
        ? []
        : Ipv6Prefixes.flatMap(({ Ipv6Prefix }) => wireRange(Ipv6Prefix) ?? []).map(
            (destination): ObservedRoute => ({
              destination,
              target: { kind: 'eni', id },
              state: Attachment === undefined ? 'blackhole' : 'active',
              origin: 'static',
            }),
          ),
    )
    .sort((a, b) => compareCidrs(a.destination, b.destination))
}

/**
 * Assigns and unassigns prefixes by name, one after the other. Never by number: that is another prefix each time it is
 * tried. A prefix that moves is on no interface for a moment, since it can't be on two.
 */
export const applyDelegations = (
  site: DelegationSite,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> => oneByOne(changes, (change) => carryOut(site, change, signal))

async function carryOut(site: DelegationSite, change: Change, signal: AbortSignal): Promise<Outcome> {
  try {
    switch (change.op) {
      case 'create':
        return await assign(site, change, signal)
      case 'replace':
        return await move(site, change, signal)
      case 'delete':
        return await unassign(site, change, signal)
    }
  } catch (error) {
    if (change.op === 'delete') throw error
    throw withRemedy(ofNewcomer(error, change.target, site.sightings))
  }
}

type Create = Extract<Change, { op: 'create' }>
type Replace = Extract<Change, { op: 'replace' }>
type Delete = Extract<Change, { op: 'delete' }>

async function assign(site: DelegationSite, change: Create, signal: AbortSignal): Promise<Outcome> {
  const input = inputOf(change, change.target)
  try {
    await call(site.ec2, 'AssignIpv6Addresses', signal, (api, options) =>
      api.assignIpv6Addresses(input, options),
    )
    return { result: 'done' }
  } catch (error) {
    if (!isCode(error, 'InvalidIPAddress.InUse')) throw error
    const there = await delegated(site, change, signal)
    // Of an address in the middle of it nothing is to be seen here: EC2's own words say it.
    if (there === undefined) throw error
    if (!sameTarget(there.target, change.target)) throw changed(change, there, error)
    return { result: 'done', existed: true }
  }
}

async function move(site: DelegationSite, change: Replace, signal: AbortSignal): Promise<Outcome> {
  const input = inputOf(change, change.target)
  // Before anything is taken away: the gap is as long as the second call, and not as the line before it.
  using write = await reserve(site.ec2, 'AssignIpv6Addresses', signal)
  const there = await delegated(site, change, signal)
  if (there !== undefined && sameTarget(there.target, change.target)) return { result: 'done' }
  if (!holds(there, change.from)) throw changed(change, there)
  await call(site.ec2, 'UnassignIpv6Addresses', signal, (api, options) =>
    api.unassignIpv6Addresses(inputOf(change, change.from), options),
  )
  await write.send((api, options) => api.assignIpv6Addresses(input, options))
  return { result: 'done' }
}

async function unassign(site: DelegationSite, change: Delete, signal: AbortSignal): Promise<Outcome> {
  const input = inputOf(change, change.from)
  using write = await reserve(site.ec2, 'UnassignIpv6Addresses', signal)
  const there = await delegated(site, change, signal)
  if (there === undefined) return { result: 'done' }
  if (!holds(there, change.from)) throw changed(change, there)
  try {
    await write.send((api, options) => api.unassignIpv6Addresses(input, options))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error.class !== 'invalid' && error.class !== 'not-found') throw error
    // Perhaps it went, or its interface did, since it was looked for.
    const now = await delegated(site, change, signal)
    if (holds(now, change.from)) throw error
  }
  return { result: 'done' }
}

async function delegated(
  site: DelegationSite,
  { destination }: Change,
  signal: AbortSignal,
): Promise<ObservedRoute | undefined> {
  const key = formatCidr(destination)
  return (await readDelegations(site, signal)).find((route) => formatCidr(route.destination) === key)
}

const inputOf = ({ destination }: Change, target: Target) => ({
  ...targetParameter(target),
  Ipv6Prefixes: [formatCidr(destination)],
})

/**
 * What helps, by EC2's code. Under which one it refuses an instance of before Nitro is not documented: whatever is refused
 * for good and is not known otherwise may be that.
 */
const remedies: Readonly<Record<string, string>> = {
  PrivateIpAddressLimitExceeded:
    'the interface has as many addresses and prefixes as its instance type takes; unassign some, or use a larger type',
  'InvalidIPAddress.InUse': 'another interface of the subnet has it, or an address of it',
  InsufficientCidrBlocks: 'the subnet has no room for it',
}

const otherRemedy =
  'a prefix must be a /80 of the interface’s own subnet, and the instance one of the Nitro system; delete the Node to have it get other podCIDRs'

function withRemedy(error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error
  const remedy = remedies[error.code] ?? (error.class === 'invalid' ? otherRemedy : undefined)
  if (remedy === undefined) return error
  const { action, code, requestId } = error
  return new ProviderError(error.class, `${error.message}: ${remedy}`, {
    code,
    cause: error,
    ...(action !== undefined && { action }),
    ...(requestId !== undefined && { requestId }),
  })
}
