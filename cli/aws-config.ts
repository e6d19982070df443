import type { AssumedRole } from '../providers/aws/client.ts'
import type { AwsMode } from '../providers/aws/mode.ts'
import type { TableSelection } from '../providers/aws/table-selection.ts'
import type { TargetInterface } from '../providers/aws/target-interface.ts'
import type { awsSettings } from './settings/aws-settings.ts'
import type { Given } from './settings/settings.ts'
import { UsageError } from './usage.ts'

/** What is said of AWS. */
export type AwsSettings = Given<
  keyof typeof awsSettings | 'routeTables' | 'routeTableIds' | 'extraRouteTableIds'
>

export interface AwsConfig {
  readonly routeTables: NonNullable<TableSelection['routeTables']>
  readonly extraRouteTableIds: readonly string[]
  readonly targetInterface: TargetInterface
  readonly matchNodeNames: boolean
  /** The provider's default where it is undefined. */
  readonly routesPerTable: number | undefined
  /** That of the credentials themselves where it is undefined. */
  readonly role: AssumedRole | undefined
  readonly mode: AwsMode
}

/** @throws UsageError */
export function readAwsConfig(settings: AwsSettings): AwsConfig {
  return {
    routeTables: readRouteTables(settings),
    extraRouteTableIds: settings.extraRouteTableIds ?? [],
    targetInterface: settings.awsTargetInterface ?? { by: 'primary' },
    matchNodeNames: settings.awsMatchNodeNames ?? false,
    mode: settings.awsMode ?? 'routes',
    routesPerTable: settings.awsRoutesPerTable,
    role: readRole(settings),
  }
}

function readRouteTables({ routeTableIds: ids = [], routeTables }: AwsSettings): AwsConfig['routeTables'] {
  if (routeTables === undefined) return ids.length === 0 ? 'tag' : ids
  if (ids.length > 0)
    throw new UsageError('--route-tables and --route-table-ids: name the tables with one of them')
  if (typeof routeTables === 'string') return routeTables
  if (routeTables.length === 0 || routeTables.some((id) => !id.startsWith('rtb-')))
    throw new UsageError(
      `--route-tables=${routeTables.join(',')}: expected tag, auto, vpc, or the ids of route tables (rtb-…), comma-separated`,
    )
  return routeTables
}

function readRole({ awsRoleArn: arn, awsRoleExternalId: externalId }: AwsSettings): AssumedRole | undefined {
  if (arn === undefined) {
    if (externalId === undefined) return undefined
    throw new UsageError('--aws-role-external-id: name the role that asks for it with --aws-role-arn')
  }
  return { arn, ...(externalId === undefined ? {} : { externalId }) }
}
