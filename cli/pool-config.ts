import type { Family } from '../net/address.ts'
import { type Cidr, formatCidr } from '../net/cidr.ts'
import { Pool, PoolConfigurationError, refuseOverlaps } from '../reconciler/ipam/pool.ts'
import type { Given, Values } from './settings/settings.ts'
import { UsageError } from './usage.ts'

/** What is said of what nodes get. */
export type PoolSettings = Given<'clusterCidr' | 'poolsConfigMap' | 'poolsFile' | 'serviceClusterIpRange'> &
  Pick<Values, 'allocateNodeCidrs' | 'nodeCidrMaskSizeIpv4' | 'nodeCidrMaskSizeIpv6'>

/** Where the pools are written down, if not in the flags. */
export type PoolPlace =
  | { readonly kind: 'config-map'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }

export interface PoolConfig {
  /** Undefined where somebody else gives the nodes their podCIDRs; none where the place says which there are. */
  readonly pools: readonly Pool[] | undefined
  readonly poolPlace: PoolPlace | undefined
  readonly serviceRanges: readonly Cidr[]
}

/** The family of which the network gives nodes their podCIDRs: pools are for the other one. */
export interface Delegated {
  /** By which it was chosen: `--aws-mode`. */
  readonly flag: string
  readonly family: Family
  /** The only one that there is, in bits; as the mask says where it is left out. */
  readonly prefixLength?: number
}

/** @throws UsageError */
export function readPoolConfig(
  settings: PoolSettings,
  { delegated }: { readonly delegated?: Delegated } = {},
): PoolConfig {
  const { clusterCidr: ranges = [], serviceClusterIpRange: serviceRanges = [] } = settings
  const place = readPlace(settings)
  if (!settings.allocateNodeCidrs) return { pools: undefined, poolPlace: undefined, serviceRanges }
  if (place !== undefined) {
    if (ranges.length > 0)
      throw new UsageError(`--cluster-cidr and ${place.flag} both name pools: leave one of them out`)
    return { pools: [], poolPlace: place.place, serviceRanges }
  }
  if (delegated !== undefined) refuseDelegated(settings, ranges, delegated)
  else if (ranges.length === 0) {
    throw new UsageError(
      '--cluster-cidr is required to allocate podCIDRs: name the ranges (or where pools are written down, by --pools-config-map or --pools-file), or set --allocate-node-cidrs=false',
    )
  }
  return { pools: readRanges(settings, ranges), poolPlace: undefined, serviceRanges }
}

function refuseDelegated(
  { nodeCidrMaskSizeIpv4, nodeCidrMaskSizeIpv6 }: PoolSettings,
  ranges: readonly Cidr[],
  { family, flag: modeFlag, prefixLength }: Delegated,
): void {
  const range = ranges.find((one) => one.family === family)
  if (range !== undefined)
    throw new UsageError(
      `--cluster-cidr=${formatCidr(range)}: the VPC gives nodes their IPv${family} podCIDRs (${modeFlag}): leave IPv${family} out`,
    )
  const [flag, mask, byDefault] =
    family === 4
      ? (['node-cidr-mask-size-ipv4', nodeCidrMaskSizeIpv4, 24] as const)
      : (['node-cidr-mask-size-ipv6', nodeCidrMaskSizeIpv6, 64] as const)
  if (prefixLength !== undefined && mask !== byDefault && mask !== prefixLength)
    throw new UsageError(`--${flag}=${mask}: what the VPC gives is always a /${prefixLength}: leave it out`)
}

function readPlace({
  poolsConfigMap,
  poolsFile: path,
}: PoolSettings): { readonly flag: string; readonly place: PoolPlace } | undefined {
  if (poolsConfigMap !== undefined && path !== undefined)
    throw new UsageError('--pools-config-map and --pools-file both name pools: leave one of them out')
  if (path !== undefined) return { flag: '--pools-file', place: { kind: 'file', path } }
  if (poolsConfigMap === undefined) return undefined
  return { flag: '--pools-config-map', place: { kind: 'config-map', ...poolsConfigMap } }
}

function readRanges(settings: PoolSettings, ranges: readonly Cidr[]): readonly Pool[] {
  const masks: Readonly<Record<Family, number>> = {
    4: settings.nodeCidrMaskSizeIpv4,
    6: settings.nodeCidrMaskSizeIpv6,
  }
  const pools = ranges.map((range) =>
    naming(`--node-cidr-mask-size-ipv${range.family}`, () => new Pool(range, masks[range.family])),
  )
  naming('--cluster-cidr', () => refuseOverlaps(pools))
  return pools
}

function naming<T>(flag: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof PoolConfigurationError)) throw error
    throw new UsageError(`${flag}: ${error.message}`, { cause: error })
  }
}
