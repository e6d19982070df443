import { type Family, addressBits } from '../net/address.ts'
import { type Cidr, formatCidr, overlaps } from '../net/cidr.ts'
import { Pool, PoolConfigurationError } from '../reconciler/ipam/pool.ts'
import { readBoolean, readChoice, readCidrs, readDuration, readInteger, readList } from './flag-values.ts'
import { UsageError } from './usage.ts'

export const providerNames = ['aws'] as const
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** The flags of `podway controller` as commander hands them over: text, or true where a value was left out. */
export interface ControllerFlags {
  readonly provider: string
  readonly clusterName: string
  readonly clusterCidr?: string
  readonly nodeCidrMaskSizeIpv4: string
  readonly nodeCidrMaskSizeIpv6: string
  readonly allocateNodeCidrs: string | boolean
  readonly routeTableIds?: string
  readonly routeReconciliationPeriod: string
  readonly kubeconfig?: string
  readonly logLevel: string
}

export interface ControllerConfig {
  readonly provider: (typeof providerNames)[number]
  readonly clusterName: string
  /** Undefined where somebody else gives the nodes their podCIDRs. */
  readonly pools: readonly Pool[] | undefined
  readonly routeTableIds: readonly string[] | undefined
  readonly driftMs: number
  readonly kubeconfig: string | undefined
  readonly logLevel: (typeof logLevels)[number]
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readControllerConfig(flags: ControllerFlags): ControllerConfig {
  const routeTableIds = flags.routeTableIds === undefined ? [] : readList(flags.routeTableIds)
  return {
    provider: readChoice('provider', required('provider', flags.provider, 'say which cloud'), providerNames),
    clusterName: required(
      'cluster-name',
      flags.clusterName,
      'tables are found by the tag kubernetes.io/cluster/NAME',
    ),
    pools: readPools(flags),
    routeTableIds: routeTableIds.length === 0 ? undefined : routeTableIds,
    driftMs: readPeriod(flags.routeReconciliationPeriod),
    kubeconfig: flags.kubeconfig,
    logLevel: readChoice('log-level', flags.logLevel, logLevels),
  }
}

function required(flag: string, value: string, why: string): string {
  if (value.trim() === '') throw new UsageError(`--${flag} is empty: ${why}`)
  return value
}

function readPeriod(text: string): number {
  const ms = readDuration('route-reconciliation-period', text)
  // A timer of more than 24.8 days would fire at once, and without end.
  if (ms < 1_000 || ms > 24 * 3_600_000)
    throw new UsageError(
      `--route-reconciliation-period=${text}: expected from 1s (the account's API budget is shared) to 24h`,
    )
  return ms
}

function readPools(flags: ControllerFlags): readonly Pool[] | undefined {
  const allocate =
    typeof flags.allocateNodeCidrs === 'boolean'
      ? flags.allocateNodeCidrs
      : readBoolean('allocate-node-cidrs', flags.allocateNodeCidrs)
  const ranges = flags.clusterCidr === undefined ? [] : readCidrs('cluster-cidr', flags.clusterCidr)
  if (!allocate) return undefined
  if (ranges.length === 0) {
    throw new UsageError(
      '--cluster-cidr is required to allocate podCIDRs: name the ranges, or set --allocate-node-cidrs=false',
    )
  }
  refuseOverlaps(ranges)
  const masks: Readonly<Record<Family, number>> = {
    4: readMask('node-cidr-mask-size-ipv4', flags.nodeCidrMaskSizeIpv4, 4),
    6: readMask('node-cidr-mask-size-ipv6', flags.nodeCidrMaskSizeIpv6, 6),
  }
  return ranges.map((range) => {
    try {
      return new Pool(range, masks[range.family])
    } catch (error) {
      if (!(error instanceof PoolConfigurationError)) throw error
      throw new UsageError(`--node-cidr-mask-size-ipv${range.family}: ${error.message}`, { cause: error })
    }
  })
}

const readMask = (flag: string, text: string, family: Family): number =>
  readInteger(flag, text, { min: 1, max: addressBits(family) })

function refuseOverlaps(ranges: readonly Cidr[]): void {
  for (const [index, range] of ranges.entries()) {
    const other = ranges.slice(index + 1).find((later) => overlaps(range, later))
    if (other === undefined) continue
    throw new UsageError(
      `--cluster-cidr: ${formatCidr(range)} and ${formatCidr(other)} overlap: name each range once`,
    )
  }
}
