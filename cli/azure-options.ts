import { Option } from 'commander'
import { type CredentialKind, credentialKinds } from '../providers/azure/credential-kinds.ts'
import type { AzureWishes } from '../providers/azure/settings.ts'
import { readBoolean, readChoice, readDuration, readInteger, readList } from './flag-values.ts'
import { UsageError } from './usage.ts'

/** The flags that only Azure has. */

const cloudConfigOption = (): Option =>
  new Option(
    '--cloud-config <path>',
    'the file that the cluster has for Kubernetes’ cloud provider for Azure (azure.json): whatever no flag says is taken from there',
  )

const azureSubscriptionOption = (): Option =>
  new Option(
    '--azure-subscription <id>',
    'the subscription (default: of --cloud-config, or $AZURE_SUBSCRIPTION_ID)',
  )

const azureResourceGroupsOption = (): Option =>
  new Option(
    '--azure-resource-groups <names>',
    'the resource groups of the nodes’ machines, comma-separated; those of another subscription by id (default: of --cloud-config)',
  )

const azureRouteTableResourceGroupOption = (): Option =>
  new Option(
    '--azure-route-table-resource-group <list>',
    'the resource groups of the route tables, comma-separated; those of another subscription by id (default: of --cloud-config, or the first of the machines’)',
  )

const azureCloudOption = (): Option =>
  new Option(
    '--azure-cloud <name>',
    'AzurePublicCloud, AzureUSGovernmentCloud or AzureChinaCloud (default: of --cloud-config, or the first one)',
  )

const azureCredentialsOption = (): Option =>
  new Option(
    '--azure-credentials <how>',
    `who podway is to Azure: ${credentialKinds.join(', ')} (default: auto, as --cloud-config has it, or what there is)`,
  )

export const azureRoutesPerTableOption = (): Option =>
  new Option(
    '--azure-routes-per-table <count>',
    'how many routes a table takes, of both families together, by the subscription’s limit (default: 1000)',
  )

const azureEffectiveWaitOption = (): Option =>
  new Option(
    '--azure-effective-wait <duration>',
    'how long after a write packets surely follow it: a Node is not told routed before (default: 10s)',
  )

const azureAskEffectiveOption = (): Option =>
  new Option(
    '--azure-ask-effective [boolean]',
    'whether to ask Azure which routes are effective, which may be before that time is over (default: false)',
  )

/** Those that tell which cloud, tables and machines. */
export const azurePlaceOptions = (): readonly Option[] => [
  cloudConfigOption(),
  azureSubscriptionOption(),
  azureResourceGroupsOption(),
  azureRouteTableResourceGroupOption(),
  azureCloudOption(),
  azureCredentialsOption(),
]

/** All of them, for a command that writes. */
export const azureOptions = (): readonly Option[] => [
  ...azurePlaceOptions(),
  azureRoutesPerTableOption(),
  azureEffectiveWaitOption(),
  azureAskEffectiveOption(),
]

/** As commander hands them over. */
export interface AzureFlags {
  readonly routeTables?: string
  readonly routeTableIds?: string
  readonly extraRouteTableIds?: string
  readonly cloudConfig?: string
  readonly azureSubscription?: string
  readonly azureResourceGroups?: string
  readonly azureRouteTableResourceGroup?: string
  readonly azureCloud?: string
  readonly azureCredentials?: string
  readonly azureRoutesPerTable?: string
  readonly azureEffectiveWait?: string
  readonly azureAskEffective?: string | boolean
}

export interface AzureConfig {
  readonly wishes: AzureWishes
  /** The path of the cloud configuration. */
  readonly cloudConfig: string | undefined
  /** The provider's defaults where they are undefined. */
  readonly routesPerTable: number | undefined
  readonly effectiveMs: number | undefined
  readonly askEffective: boolean
}

/** @throws UsageError */
export function readAzureConfig(flags: AzureFlags): AzureConfig {
  const { azureAskEffective: ask = false, azureEffectiveWait: wait, azureRoutesPerTable: limit } = flags
  const credentials: CredentialKind = readChoice(
    'azure-credentials',
    flags.azureCredentials ?? 'auto',
    credentialKinds,
  )
  return {
    wishes: {
      cloud: flags.azureCloud,
      subscription: flags.azureSubscription,
      resourceGroups: readList(flags.azureResourceGroups ?? ''),
      routeTableResourceGroups: readList(flags.azureRouteTableResourceGroup ?? ''),
      routeTables: readRouteTables(flags),
      extraRouteTables: readList(flags.extraRouteTableIds ?? ''),
      credentials,
    },
    cloudConfig: flags.cloudConfig,
    routesPerTable:
      limit === undefined ? undefined : readInteger('azure-routes-per-table', limit, { min: 1, max: 10_000 }),
    effectiveMs: wait === undefined ? undefined : readWait(wait),
    askEffective: typeof ask === 'boolean' ? ask : readBoolean('azure-ask-effective', ask),
  }
}

function readWait(text: string): number {
  const ms = readDuration('azure-effective-wait', text)
  if (ms > 300_000) throw new UsageError(`--azure-effective-wait=${text}: expected at most 5m`)
  return ms
}

function readRouteTables({ routeTableIds, routeTables }: AzureFlags): AzureWishes['routeTables'] {
  const ids = readList(routeTableIds ?? '')
  if (routeTables === undefined) return ids.length === 0 ? undefined : ids
  if (ids.length > 0)
    throw new UsageError('--route-tables and --route-table-ids: name the tables with one of them')
  if (routeTables === 'tag' || routeTables === 'auto') return routeTables
  const named = readList(routeTables)
  if (named.length === 0 || routeTables === 'vpc')
    throw new UsageError(
      `--route-tables=${routeTables}: expected tag, auto, or names or ids of route tables, comma-separated`,
    )
  return named
}
