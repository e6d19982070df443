import { type Command, Option } from 'commander'
import { type GcpMode, gcpModes } from '../providers/gcp/mode.ts'
import { readChoice, readInteger, readList } from './flag-values.ts'
import { UsageError } from './usage.ts'

/** The flags that only Google Cloud has, and every command that finds its cloud takes. */
export const addGcpOptions = (command: Command): Command =>
  gcpOptions().reduce((whole, option) => whole.addOption(option), command)

export const gcpOptions = (): readonly Option[] => [
  new Option(
    '--gcp-project <id>',
    'the project of the nodes’ instances (default: $GOOGLE_CLOUD_PROJECT, else that of the credentials)',
  ),
  new Option(
    '--gcp-network <networks>',
    'the VPC networks whose routes are written, comma-separated: names in that project, or projects/HOST/global/networks/NAME of a shared VPC (default: that of this instance)',
  ),
  new Option(
    '--gcp-impersonate-service-account <email>',
    'act as this service account, by the found credentials’ right to do so',
  ),
]

/** The flags that say how routes are written. */
export const addGcpRouteOptions = (command: Command): Command =>
  gcpRouteOptions().reduce((whole, option) => whole.addOption(option), command)

export const gcpRouteOptions = (): readonly Option[] => [
  new Option('--gcp-route-priority <number>', 'priority of the routes; moves take one less (default: 1000)'),
  new Option(
    '--gcp-route-tags <tags>',
    'network tags of the instances that the routes are for, comma-separated (default: for all)',
  ),
  new Option(
    '--gcp-routes-per-network <count>',
    'how many static routes a network takes, by the project’s quota (default: what Google says, else 200)',
  ),
  new Option(
    '--gcp-routes-per-peering-group <count>',
    'how many static routes a network takes together with those that it is peered with (default: what Google says, else 300)',
  ),
  new Option(
    '--gcp-pod-ranges <names>',
    'the secondary ranges of the nodes’ subnets from which nodes get podCIDRs by --gcp-mode alias-ip, comma-separated (default: the only one)',
  ),
]

export const gcpModeOption = (): Option =>
  new Option(
    '--gcp-mode <mode>',
    'how pods are reached: by static routes (routes), or in IPv4 by an alias IP range of the node’s interface (alias-ip) (default: routes)',
  )

/** As commander hands them over. */
export interface GcpFlags {
  readonly gcpProject?: string
  readonly gcpNetwork?: string
  readonly gcpImpersonateServiceAccount?: string
  readonly gcpRoutePriority?: string
  readonly gcpRouteTags?: string
  readonly gcpRoutesPerNetwork?: string
  readonly gcpRoutesPerPeeringGroup?: string
  readonly gcpMode?: string
  readonly gcpPodRanges?: string
}

/** The provider's default where a value is undefined. */
export interface GcpConfig {
  readonly project: string | undefined
  /** None: that of this instance. */
  readonly networks: readonly string[]
  readonly impersonate: string | undefined
  readonly priority: number | undefined
  readonly tags: readonly string[]
  readonly routesPerNetwork: number | undefined
  readonly routesPerPeeringGroup: number | undefined
  readonly mode: GcpMode
  /** None: the only one of a subnet. */
  readonly podRanges: readonly string[]
  /** Of the podCIDRs that are alias ranges; only the controller makes any. */
  readonly nodePrefixLength?: number
}

/** @throws UsageError */
export function readGcpConfig(flags: GcpFlags): GcpConfig {
  const { gcpProject: project, gcpImpersonateServiceAccount: impersonate } = flags
  if (project?.trim() === '')
    throw new UsageError('--gcp-project is empty: name the project, or leave it out')
  if (impersonate !== undefined && !/^[^\s@]+@[^\s@]+$/.test(impersonate))
    throw new UsageError(
      `--gcp-impersonate-service-account=${impersonate}: expected the e-mail address of a service account`,
    )
  return {
    project,
    networks: readNetworks(flags.gcpNetwork),
    impersonate,
    priority: readOptional('gcp-route-priority', flags.gcpRoutePriority, { min: 1, max: 65_535 }),
    tags: readNames('gcp-route-tags', flags.gcpRouteTags ?? '', 'network tags'),
    routesPerNetwork: readOptional('gcp-routes-per-network', flags.gcpRoutesPerNetwork, aCount),
    routesPerPeeringGroup: readOptional(
      'gcp-routes-per-peering-group',
      flags.gcpRoutesPerPeeringGroup,
      aCount,
    ),
    ...readMode(flags),
  }
}

const aCount = { min: 1, max: 100_000 } as const

function readMode({ gcpMode, gcpPodRanges }: GcpFlags): Pick<GcpConfig, 'mode' | 'podRanges'> {
  const mode = readChoice('gcp-mode', gcpMode ?? 'routes', gcpModes)
  const podRanges = readNames('gcp-pod-ranges', gcpPodRanges ?? '', 'names of secondary ranges')
  if (mode === 'routes' && podRanges.length > 0)
    throw new UsageError(`--gcp-pod-ranges=${gcpPodRanges}: it is for --gcp-mode alias-ip`)
  return { mode, podRanges }
}

const readOptional = (
  flag: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
): number | undefined => (text === undefined ? undefined : readInteger(flag, text, range))

const name = '[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?'
const network = new RegExp(`^(?:(?:https://[^/]+/compute/[^/]+/)?projects/[^/]+/global/networks/)?${name}$`)
const label = new RegExp(`^${name}$`)

function readNetworks(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  const networks = readList(text)
  const wrong = networks.find((one) => !network.test(one))
  if (networks.length === 0 || wrong !== undefined)
    throw new UsageError(
      `--gcp-network=${text}: expected names of VPC networks, or projects/PROJECT/global/networks/NAME, comma-separated`,
    )
  return networks
}

function readNames(flag: string, text: string, what: string): readonly string[] {
  const names = readList(text)
  if (names.some((one) => !label.test(one)))
    throw new UsageError(
      `--${flag}=${text}: expected ${what} of lower-case letters, digits and hyphens, comma-separated`,
    )
  return names
}
