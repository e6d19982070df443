import { ProviderError } from '../errors.ts'
import type { CloudConfigFile } from './cloud-config.ts'
import { type AzureCloud, cloudOf } from './clouds.ts'
import type { CredentialKind } from './credential-kinds.ts'
import { type CredentialChoice, chooseCredential } from './credentials.ts'
import { groupId, isTableId, tableId } from './resource-ids.ts'

/** What a user has said; the cluster's own cloud configuration says the rest. */
export interface AzureWishes {
  readonly cloud: string | undefined
  readonly subscription: string | undefined
  /** Of the machines, the first one also of the tables unless told: names, or ids where they are of another subscription. */
  readonly resourceGroups: readonly string[]
  /** The same of the tables; one that is called by its name alone is in the first of them. */
  readonly routeTableResourceGroups: readonly string[]
  /** `tag`, `auto`, or names and ids of tables. */
  readonly routeTables: 'tag' | 'auto' | readonly string[] | undefined
  readonly extraRouteTables: readonly string[]
  readonly credentials: CredentialKind
}

export interface AzureSettings {
  readonly cloud: AzureCloud
  readonly credential: CredentialChoice
  readonly routeTables: 'tag' | 'auto' | readonly string[]
  readonly extraRouteTableIds: readonly string[]
  readonly tableGroups: readonly string[]
  readonly nodeGroups: readonly string[]
  readonly network: string | undefined
}

/** What the environment says, for those who have it set up for Azure's other tools. */
export interface AzureEnvironment {
  readonly AZURE_SUBSCRIPTION_ID?: string | undefined
  readonly AZURE_AUTHORITY_HOST?: string | undefined
}

/**
 * Puts together what is said in three places: flags first, then the cloud configuration, then the environment.
 * @throws ProviderError `fatal` that names what is missing, and where to say it
 */
export function settingsOf(
  wishes: AzureWishes,
  file: CloudConfigFile,
  environment: AzureEnvironment,
): AzureSettings {
  const subscription = wishes.subscription ?? file.subscriptionId ?? textOf(environment.AZURE_SUBSCRIPTION_ID)
  if (subscription === undefined)
    throw missing(
      'subscription',
      '--azure-subscription, subscriptionId of --cloud-config, or AZURE_SUBSCRIPTION_ID',
    )
  const authorityHost = textOf(environment.AZURE_AUTHORITY_HOST)
  const cloud = cloudOf(wishes.cloud ?? file.cloud ?? 'AzurePublicCloud', {
    ...(file.resourceManagerEndpoint !== undefined && { endpoint: file.resourceManagerEndpoint }),
    ...(authorityHost !== undefined && { authorityHost }),
  })
  const groups = wishes.resourceGroups.length > 0 ? wishes.resourceGroups : [file.resourceGroup ?? []].flat()
  const network = file.networkResourceSubscriptionID ?? subscription
  const wanted = wishes.routeTableResourceGroups
  const tableGroups = (
    wanted.length > 0 ? wanted : [file.routeTableResourceGroup ?? groups[0] ?? []].flat()
  ).map((group) => groupOf(network, group))
  const [tableGroup] = tableGroups
  const idOf = (table: string): string => {
    if (isTableId(table)) return table.toLowerCase()
    if (tableGroup === undefined) throw missing('resource group of the route tables', groupFlags)
    return tableId(tableGroup, table)
  }
  const routeTables =
    wishes.routeTables ?? (file.routeTableName === undefined ? 'tag' : [file.routeTableName])
  if (typeof routeTables === 'string' && tableGroup === undefined)
    throw missing('resource group of the route tables', groupFlags)
  const vnetGroup = file.vnetResourceGroup ?? file.resourceGroup
  return {
    cloud,
    credential: chooseCredential(wishes.credentials, file),
    routeTables: typeof routeTables === 'string' ? routeTables : routeTables.map(idOf),
    extraRouteTableIds: wishes.extraRouteTables.map(idOf),
    tableGroups,
    nodeGroups: groups.map((group) => groupOf(subscription, group)),
    network:
      file.vnetName === undefined || vnetGroup === undefined
        ? undefined
        : `${groupId(network, vnetGroup)}/providers/microsoft.network/virtualnetworks/${file.vnetName.toLowerCase()}`,
  }
}

const groupFlags = '--azure-resource-groups, or resourceGroup or routeTableResourceGroup of --cloud-config'

/** @throws ProviderError `fatal` for what looks like an id and is none */
function groupOf(subscription: string, group: string): string {
  if (!group.includes('/')) return groupId(subscription, group)
  if (/^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+$/i.test(group)) return group.toLowerCase()
  throw new ProviderError(
    'fatal',
    `resource group ${JSON.stringify(group)}: expected a name, or an id like /subscriptions/ID/resourceGroups/NAME`,
    { code: 'SettingInvalid' },
  )
}

const textOf = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

const missing = (what: string, where: string): ProviderError =>
  new ProviderError('fatal', `which ${what} is not known: say it by ${where}`, { code: 'SettingMissing' })
