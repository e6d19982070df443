import { type Family, addressBits } from '../net/address.ts'
import { type Cidr, formatCidr } from '../net/cidr.ts'
import { Pool, PoolConfigurationError, refuseOverlaps } from '../reconciler/ipam/pool.ts'
import { readBoolean, readCidrs, readInteger } from './flag-values.ts'
import { UsageError } from './usage.ts'

/** The flags that say what nodes get. */
export interface PoolFlags {
  readonly allocateNodeCidrs: string | boolean
  readonly clusterCidr?: string
  readonly nodeCidrMaskSizeIpv4: string
  readonly nodeCidrMaskSizeIpv6: string
  readonly poolsConfigMap?: string
  readonly poolsFile?: string
  readonly serviceClusterIpRange?: string
}

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
  flags: PoolFlags,
  { delegated }: { readonly delegated?: Delegated } = {},
): PoolConfig {
  const { clusterCidr, poolsConfigMap, poolsFile, serviceClusterIpRange } = flags
  const allocate =
    typeof flags.allocateNodeCidrs === 'boolean'
      ? flags.allocateNodeCidrs
      : readBoolean('allocate-node-cidrs', flags.allocateNodeCidrs)
  const ranges = clusterCidr === undefined ? [] : readCidrs('cluster-cidr', clusterCidr)
  const serviceRanges =
    serviceClusterIpRange === undefined ? [] : readCidrs('service-cluster-ip-range', serviceClusterIpRange)
  const place = readPlace(poolsConfigMap, poolsFile)
  if (!allocate) return { pools: undefined, poolPlace: undefined, serviceRanges }
  if (place !== undefined) {
    if (ranges.length > 0)
      throw new UsageError(`--cluster-cidr and ${place.flag} both name pools: leave one of them out`)
    return { pools: [], poolPlace: place.place, serviceRanges }
  }
  if (delegated !== undefined) refuseDelegated(flags, ranges, delegated)
  else if (ranges.length === 0) {
    throw new UsageError(
      '--cluster-cidr is required to allocate podCIDRs: name the ranges (or where pools are written down, by --pools-config-map or --pools-file), or set --allocate-node-cidrs=false',
    )
  }
  return { pools: readRanges(flags, ranges), poolPlace: undefined, serviceRanges }
}

function refuseDelegated(
  { nodeCidrMaskSizeIpv4, nodeCidrMaskSizeIpv6 }: PoolFlags,
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
      ? (['node-cidr-mask-size-ipv4', nodeCidrMaskSizeIpv4, '24'] as const)
      : (['node-cidr-mask-size-ipv6', nodeCidrMaskSizeIpv6, '64'] as const)
  if (prefixLength !== undefined && mask !== byDefault && mask !== String(prefixLength))
    throw new UsageError(`--${flag}=${mask}: what the VPC gives is always a /${prefixLength}: leave it out`)
}

function readPlace(
  configMap: string | undefined,
  path: string | undefined,
): { readonly flag: string; readonly place: PoolPlace } | undefined {
  if (configMap !== undefined && path !== undefined)
    throw new UsageError('--pools-config-map and --pools-file both name pools: leave one of them out')
  if (path !== undefined) {
    if (path === '') throw new UsageError('--pools-file is empty: name a file')
    return { flag: '--pools-file', place: { kind: 'file', path } }
  }
  if (configMap === undefined) return undefined
  const [namespace = '', name = '', ...rest] = configMap.split('/')
  if (namespace === '' || name === '' || rest.length > 0)
    throw new UsageError(`--pools-config-map=${configMap}: expected namespace/name`)
  return { flag: '--pools-config-map', place: { kind: 'config-map', namespace, name } }
}

function readRanges(flags: PoolFlags, ranges: readonly Cidr[]): readonly Pool[] {
  const masks: Readonly<Record<Family, number>> = {
    4: readMask('node-cidr-mask-size-ipv4', flags.nodeCidrMaskSizeIpv4, 4),
    6: readMask('node-cidr-mask-size-ipv6', flags.nodeCidrMaskSizeIpv6, 6),
  }
  const pools = ranges.map((range) =>
    naming(`--node-cidr-mask-size-ipv${range.family}`, () => new Pool(range, masks[range.family])),
  )
  naming('--cluster-cidr', () => refuseOverlaps(pools))
  return pools
}

export const readMask = (flag: string, text: string, family: Family): number =>
  readInteger(flag, text, { min: 1, max: addressBits(family) })

function naming<T>(flag: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof PoolConfigurationError)) throw error
    throw new UsageError(`${flag}: ${error.message}`, { cause: error })
  }
}
