import {
  LeaderElectionConfigError,
  type LeaderElectionTimes,
  attemptTimeoutMs,
  checkLeaderElectionTimes,
} from '../kube/leader-election-config.ts'
import { maxBudgetShare } from '../providers/budget.ts'
import { type Policy, policies } from '../reconciler/guard/policy.ts'
import { type BindAddress, readBindAddress } from './bind-address.ts'
import { type CloudConfig, type CloudFlags, readCloudConfig } from './cloud-options.ts'
import { readChoice, readDuration, readSwitch } from './flag-values.ts'
import { logLevels } from './log-levels.ts'
import { type Delegated, type PoolConfig, type PoolFlags, readMask, readPoolConfig } from './pool-config.ts'
import { UsageError } from './usage.ts'

/** The flags of `podway controller` as commander hands them over: text, or true where a value was left out. */
export interface ControllerFlags extends CloudFlags, PoolFlags {
  readonly driftInterval?: string
  readonly routeReconciliationPeriod?: string
  readonly configureCloudRoutes: string | boolean
  readonly policy: string
  readonly adopt: string
  readonly leaderElect: string | boolean
  readonly leaderElectLeaseDuration: string
  readonly leaderElectRenewDeadline: string
  readonly leaderElectRetryPeriod: string
  readonly leaderElectResourceNamespace: string
  readonly leaderElectResourceName: string
  readonly apiBudgetShare: string
  readonly metricsBindAddress: string
  readonly kubeconfig?: string
  readonly logLevel: string
}

export interface ControllerConfig extends CloudConfig, PoolConfig {
  /** Whether routes are written, or Nodes only get their podCIDRs. */
  readonly configureRoutes: boolean
  readonly policy: Policy
  readonly adopt: (typeof adoptions)[number]
  readonly driftMs: number
  /** Undefined where it is the only controller by other means. */
  readonly leaderElection: LeaderElection | undefined
  /** More than 0, at most 1. */
  readonly apiBudgetShare: number
  /** Where to serve health and metrics; undefined for nowhere. */
  readonly metricsBindAddress: BindAddress | undefined
  readonly kubeconfig: string | undefined
  readonly logLevel: (typeof logLevels)[number]
}

export interface LeaderElection extends LeaderElectionTimes {
  readonly namespace: string
  readonly name: string
}

export const adoptions = ['none', 'matching'] as const

/** A table is read two times in three minutes then, and all other readings together keep below the third. */
export const defaultDriftInterval = '90s'

/** On all addresses, on a port that no component of Kubernetes has: the controller runs in the host's network. */
export const defaultBindAddress = ':10277'

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readControllerConfig(flags: ControllerFlags): ControllerConfig {
  const cloud = readCloudConfig(flags)
  const configureRoutes = readSwitch('configure-cloud-routes', flags.configureCloudRoutes)
  const delegated = delegatedBy(cloud)
  if (delegated !== undefined && !configureRoutes)
    throw new UsageError(
      `${delegated.flag}=${delegated.mode} and --configure-cloud-routes=false: podCIDRs that the VPC delegates take a cloud that is written to`,
    )
  return {
    ...cloud,
    gcp: cloud.gcp.mode === 'alias-ip' ? { ...cloud.gcp, nodePrefixLength: aliasLength(flags) } : cloud.gcp,
    ...readPoolConfig(flags, delegated === undefined ? {} : { delegated }),
    configureRoutes,
    policy: readChoice('policy', flags.policy, policies),
    adopt: readChoice('adopt', flags.adopt, adoptions),
    driftMs: readDriftInterval(flags),
    leaderElection: readLeaderElection(flags),
    apiBudgetShare: readShare('api-budget-share', flags.apiBudgetShare),
    metricsBindAddress: readBindAddress('metrics-bind-address', flags.metricsBindAddress),
    kubeconfig: flags.kubeconfig,
    logLevel: readChoice('log-level', flags.logLevel, logLevels),
  }
}

/** What the network gives nodes in the mode that was chosen. */
function delegatedBy({ aws, gcp }: CloudConfig): (Delegated & { readonly mode: string }) | undefined {
  if (aws.mode === 'ipv6-prefix') return { flag: '--aws-mode', mode: aws.mode, family: 6, prefixLength: 80 }
  if (gcp.mode === 'alias-ip') return { flag: '--gcp-mode', mode: gcp.mode, family: 4 }
  return undefined
}

const aliasLength = ({ nodeCidrMaskSizeIpv4 }: PoolFlags): number =>
  readMask('node-cidr-mask-size-ipv4', nodeCidrMaskSizeIpv4, 4)

function readShare(flag: string, text: string): number {
  const share = Number(text)
  if (text.trim() === '' || !(share > 0 && share <= maxBudgetShare))
    throw new UsageError(
      `--${flag}=${text}: expected a number above 0, and at most ${maxBudgetShare} (1 is all that is documented)`,
    )
  return share
}

function readDriftInterval(flags: ControllerFlags): number {
  if (flags.driftInterval !== undefined) return readPeriod('drift-interval', flags.driftInterval)
  // The name that the route controller of kube-controller-manager has for it.
  return readPeriod('route-reconciliation-period', flags.routeReconciliationPeriod ?? defaultDriftInterval)
}

function readPeriod(flag: string, text: string): number {
  const ms = readDuration(flag, text)
  // A timer of more than 24.8 days would fire at once, and without end.
  if (ms < 1_000 || ms > 24 * 3_600_000)
    throw new UsageError(`--${flag}=${text}: expected from 1s (the account's API budget is shared) to 24h`)
  return ms
}

function readLeaderElection(flags: ControllerFlags): LeaderElection | undefined {
  const { leaderElect } = flags
  if (!readSwitch('leader-elect', leaderElect)) return undefined
  const times = {
    leaseDurationMs: readDuration('leader-elect-lease-duration', flags.leaderElectLeaseDuration),
    renewDeadlineMs: readDuration('leader-elect-renew-deadline', flags.leaderElectRenewDeadline),
    retryPeriodMs: readDuration('leader-elect-retry-period', flags.leaderElectRetryPeriod),
  }
  try {
    checkLeaderElectionTimes(times)
    attemptTimeoutMs(times)
  } catch (error) {
    if (!(error instanceof LeaderElectionConfigError)) throw error
    throw new UsageError(error.message, { cause: error })
  }
  return { ...times, namespace: flags.leaderElectResourceNamespace, name: flags.leaderElectResourceName }
}
