import { type Command, Option } from 'commander'
import { readInteger, readList } from './flag-values.ts'
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
]

/** As commander hands them over. */
export interface GcpFlags {
  readonly gcpProject?: string
  readonly gcpNetwork?: string
  readonly gcpImpersonateServiceAccount?: string
  readonly gcpRoutePriority?: string
  readonly gcpRouteTags?: string
  readonly gcpRoutesPerNetwork?: string
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
    tags: readTags(flags.gcpRouteTags ?? ''),
    routesPerNetwork: readOptional('gcp-routes-per-network', flags.gcpRoutesPerNetwork, {
      min: 1,
      max: 100_000,
    }),
  }
}

const readOptional = (
  flag: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
): number | undefined => (text === undefined ? undefined : readInteger(flag, text, range))

const name = '[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?'
const network = new RegExp(`^(?:(?:https://[^/]+/compute/[^/]+/)?projects/[^/]+/global/networks/)?${name}$`)
const tag = new RegExp(`^${name}$`)

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

function readTags(text: string): readonly string[] {
  const tags = readList(text)
  if (tags.some((one) => !tag.test(one)))
    throw new UsageError(
      `--gcp-route-tags=${text}: expected network tags of lower-case letters, digits and hyphens, comma-separated`,
    )
  return tags
}
