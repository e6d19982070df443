import { containsCidr, equalCidrs, formatCidr } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import { oneByOne } from '../one-by-one.ts'
import type { Change, Outcome } from '../provider.ts'
import { formatTarget } from '../route.ts'
import { isAliasTo, readAliasRoutes } from './alias-ranges.ts'
import { type AliasSite, type Nic, findNic, noNic } from './alias-site.ts'
import { type ReservedCall, reserve } from './call.ts'
import { type WireAliasRange, calls } from './gce-api.ts'
import { finished } from './operations.ts'
import { pathOf } from './resource-names.ts'

/**
 * Gives alias ranges to interfaces and takes them away, one after the other. Google takes the ranges of an interface as one
 * list, with the fingerprint of the interface as it was read: all others go back as they came. A range that moves is on no
 * interface for as long as the second of two operations takes, since it can't be on two.
 */
export const applyAliases = (
  site: AliasSite,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> => oneByOne(changes, (change) => carryOut(site, change, signal))

async function carryOut(site: AliasSite, change: Change, signal: AbortSignal): Promise<Outcome> {
  refuseIPv6(change)
  switch (change.op) {
    case 'create':
      return await assign(site, change, signal)
    case 'replace':
      return await move(site, change, signal)
    case 'delete':
      return await unassign(site, change, signal)
  }
}

type Create = Extract<Change, { op: 'create' }>
type Replace = Extract<Change, { op: 'replace' }>
type Delete = Extract<Change, { op: 'delete' }>

const done: Outcome = { result: 'done' }

/** An interface may change between the look and the write so often in a row; then it waits for its next turn. */
const mostLooks = 3

async function assign(site: AliasSite, change: Create, signal: AbortSignal): Promise<Outcome> {
  const wrote = await edit(site, signal, async () => {
    const nic = await findNic(site, change.target, signal)
    if (nic === undefined) throw noNic(site, change.target)
    return has(nic, change) ? undefined : added(site, nic, change, signal)
  })
  return wrote ? done : { result: 'done', existed: true }
}

async function move(site: AliasSite, change: Replace, signal: AbortSignal): Promise<Outcome> {
  const look = async (): Promise<Wish | undefined> => {
    const heir = await findNic(site, change.target, signal)
    if (heir === undefined) throw noNic(site, change.target)
    return has(heir, change) ? undefined : added(site, heir, change, signal)
  }
  // Before anything is taken away: the gap is as long as this write, and not as the line before it.
  using write = await reserve(site.finder.gce, signal)
  const wish = await look()
  if (wish === undefined) return done
  if (!(await take(site, change, signal))) throw changed(change)
  if ((await attempt(site, wish, write, signal)) !== undefined) await edit(site, signal, look)
  return done
}

async function unassign(site: AliasSite, change: Delete, signal: AbortSignal): Promise<Outcome> {
  if (await take(site, change, signal)) return done
  const routes = await readAliasRoutes(site.finder, site.network, signal)
  if (routes.some(({ destination }) => equalCidrs(destination, change.destination))) throw changed(change)
  return done
}

/** Whether the range was there to be taken from the interface that `from` leads to. */
const take = (site: AliasSite, change: Replace | Delete, signal: AbortSignal): Promise<boolean> =>
  edit(site, signal, async () => {
    const nic = await findNic(site, change.from, signal)
    if (nic === undefined || !has(nic, change)) return undefined
    return { nic, aliases: aliasesOf(nic).filter((alias) => !isAliasTo(change.destination)(alias)) }
  })

/** What an interface is to have. */
interface Wish {
  readonly nic: Nic
  readonly aliases: readonly WireAliasRange[]
}

/**
 * Looks, and writes what the look says; nothing where it says undefined. Tells whether it wrote. Where the interface was
 * changed in between, looks again: an edit elsewhere in its list is no reason to plan anew, one at the destination is, and
 * the look sees to that.
 */
async function edit(
  site: AliasSite,
  signal: AbortSignal,
  look: () => Promise<Wish | undefined>,
): Promise<boolean> {
  let stale: ProviderError | undefined
  for (let looks = 0; looks < mostLooks; looks++) {
    using write = await reserve(site.finder.gce, signal)
    const wish = await look()
    if (wish === undefined) return false
    stale = await attempt(site, wish, write, signal)
    if (stale === undefined) return true
  }
  // Not `changed`: of the destination nothing is known to be another's.
  throw new ProviderError('transient', `an interface changes too often to be written: ${stale?.message}`, {
    code: stale?.code ?? '',
    action: calls.updateNetworkInterface.method,
    cause: stale,
  })
}

/** Resolves with the refusal if the interface is not any more as it was read: nothing was written then. */
async function attempt(
  { finder: { gce } }: AliasSite,
  { nic, aliases }: Wish,
  write: Pick<ReservedCall, 'send'>,
  signal: AbortSignal,
): Promise<ProviderError | undefined> {
  const { name, fingerprint } = nic.wire
  const request = {
    ...nic.instance,
    networkInterface: name,
    networkInterfaceResource: { fingerprint, aliasIpRanges: aliases },
  }
  try {
    const begun = await write.send('updateNetworkInterface', (api, options) =>
      api.updateNetworkInterface(request, options),
    )
    await finished(gce, nic.instance.project, begun, 'updateNetworkInterface', signal)
    return undefined
  } catch (error) {
    if (isStale(error)) return error
    throw error
  }
}

const isStale = (error: unknown): error is ProviderError =>
  error instanceof ProviderError && (error.code === 'conditionNotMet' || error.code === 'CONDITION_NOT_MET')

const aliasesOf = ({ wire }: Nic): readonly WireAliasRange[] => wire.aliasIpRanges ?? []

const has = (nic: Nic, { destination }: Change): boolean => aliasesOf(nic).some(isAliasTo(destination))

/** Of one interface. Source: https://docs.cloud.google.com/vpc/docs/quota */
const mostAliases = 150

/** What the interface has, and the destination. @throws ProviderError `invalid` if it can't have it */
async function added(
  site: AliasSite,
  nic: Nic,
  { destination, target }: Create | Replace,
  signal: AbortSignal,
): Promise<Wish> {
  const subnet = await site.subnet(pathOf(nic.wire.subnetwork ?? ''), signal)
  const secondary = subnet?.secondary.find(({ range }) => containsCidr(range, destination))
  const isPrimary = subnet?.primary !== undefined && containsCidr(subnet.primary, destination)
  const text = formatCidr(destination)
  if (secondary === undefined && !isPrimary)
    throw invalid(
      'RangeNotInSubnet',
      `${text} lies in no range of the subnet of ${formatTarget(target)}, ${subnet?.path ?? 'which is not known'}: an alias range must; delete the Node to have it get other podCIDRs`,
    )
  const aliases = aliasesOf(nic)
  if (aliases.length >= mostAliases)
    throw invalid(
      'AliasRangesPerInterface',
      `${formatTarget(target)} has ${aliases.length} alias ranges, and an interface takes ${mostAliases}`,
    )
  const alias = {
    ipCidrRange: text,
    ...(secondary === undefined ? {} : { subnetworkRangeName: secondary.name }),
  }
  return { nic, aliases: [...aliases, alias] }
}

/**
 * The API knows alias ranges of IPv6 since 2026 (`aliasIpv6Ranges`, of secondary ranges of IPv6), but takes a length for
 * them only, and chooses the block itself: with each try another one, and which it was is not known where an answer is lost.
 * https://github.com/GoogleCloudPlatform/magic-modules/pull/17620
 */
function refuseIPv6({ destination }: Change): void {
  if (destination.family === 4) return
  throw invalid(
    'AliasRangeIPv6',
    `${formatCidr(destination)} lies in the network's own IPv6 ranges, of which Google gives no block that is asked for: IPv6 is routed, so take IPv6 podCIDRs from outside of all subnets`,
  )
}

const invalid = (code: string, message: string): ProviderError =>
  new ProviderError('invalid', message, { code, action: calls.updateNetworkInterface.method })

const changed = ({ destination, from, op }: Replace | Delete): ProviderError =>
  new ProviderError(
    'changed',
    `${formatCidr(destination)} is not with ${formatTarget(from)} any more: nothing was written`,
    { code: 'RouteChanged', action: op },
  )
