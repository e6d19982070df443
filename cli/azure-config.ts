import type { AzureWishes } from '../providers/azure/settings.ts'
import type { azureSettings } from './settings/azure-settings.ts'
import type { Given } from './settings/settings.ts'
import { UsageError } from './usage.ts'

/** What is said of Azure. */
export type AzureSettings = Given<
  keyof typeof azureSettings | 'routeTables' | 'routeTableIds' | 'extraRouteTableIds'
>

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
export function readAzureConfig(settings: AzureSettings): AzureConfig {
  return {
    wishes: {
      cloud: settings.azureCloud,
      subscription: settings.azureSubscription,
      resourceGroups: settings.azureResourceGroups ?? [],
      routeTableResourceGroups: settings.azureRouteTableResourceGroup ?? [],
      routeTables: readRouteTables(settings),
      extraRouteTables: settings.extraRouteTableIds ?? [],
      credentials: settings.azureCredentials ?? 'auto',
    },
    cloudConfig: settings.cloudConfig,
    routesPerTable: settings.azureRoutesPerTable,
    effectiveMs: settings.azureEffectiveWait,
    askEffective: settings.azureAskEffective ?? false,
  }
}

function readRouteTables({
  routeTableIds: ids = [],
  routeTables,
}: AzureSettings): AzureWishes['routeTables'] {
  if (routeTables === undefined) return ids.length === 0 ? undefined : ids
  if (ids.length > 0)
    throw new UsageError('--route-tables and --route-table-ids: name the tables with one of them')
  if (routeTables === 'tag' || routeTables === 'auto') return routeTables
  if (routeTables === 'vpc' || routeTables.length === 0)
    throw new UsageError(
      `--route-tables=${routeTables === 'vpc' ? routeTables : ''}: expected tag, auto, or names or ids of route tables, comma-separated`,
    )
  return routeTables
}
