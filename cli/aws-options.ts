import { Option } from 'commander'
import type { AssumedRole } from '../providers/aws/client.ts'
import { type AwsMode, awsModes } from '../providers/aws/mode.ts'
import type { TableSelection } from '../providers/aws/table-selection.ts'
import type { TargetInterface } from '../providers/aws/target-interface.ts'
import { readBoolean, readChoice, readInteger, readList } from './flag-values.ts'
import { UsageError } from './usage.ts'

/** The flags that only AWS has. */

export const routeTablesOption = (): Option =>
  new Option(
    '--route-tables <which>',
    'the route tables: those with the cluster’s tag (tag), those that the nodes’ subnets use (auto), all of the nodes’ VPC (vpc), or ids, comma-separated (default: tag)',
  )

export const routeTableIdsOption = (): Option =>
  new Option('--route-table-ids <ids>', 'the route tables, comma-separated, instead of those with the tag')

export const extraRouteTableIdsOption = (): Option =>
  new Option(
    '--extra-route-table-ids <ids>',
    'these too, comma-separated, of the same VPC: of a control plane, NAT gateways, databases',
  )

export const awsTargetInterfaceOption = (): Option =>
  new Option(
    '--aws-target-interface <which>',
    'which network interface of an instance routes lead to: primary, device-index=N, tag=KEY=VALUE or subnet=ID (default: primary)',
  )

export const awsMatchNodeNamesOption = (): Option =>
  new Option(
    '--aws-match-node-names [boolean]',
    'whether a Node that has neither provider ID nor a known address is found by its name, if that is its instance’s private DNS name (default: false)',
  )

export const awsRoutesPerTableOption = (): Option =>
  new Option(
    '--aws-routes-per-table <count>',
    'how many routes of each family a table takes, by the account’s quota (default: 500)',
  )

export const awsRoleArnOption = (): Option =>
  new Option('--aws-role-arn <arn>', 'the role to assume with the credentials that were found')

export const awsRoleExternalIdOption = (): Option =>
  new Option('--aws-role-external-id <id>', 'the external ID that the role asks for')
export const awsModeOption = (): Option =>
  new Option(
    '--aws-mode <mode>',
    'how pods are reached: by route tables (routes), or in IPv6 by a prefix that the VPC delegates to the node’s interface (ipv6-prefix) (default: routes)',
  )

/** As commander hands them over. */
export interface AwsFlags {
  readonly routeTables?: string
  readonly routeTableIds?: string
  readonly extraRouteTableIds?: string
  readonly awsTargetInterface?: string
  readonly awsMatchNodeNames?: string | boolean
  readonly awsRoutesPerTable?: string
  readonly awsRoleArn?: string
  readonly awsRoleExternalId?: string
  readonly awsMode?: string
}

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
export function readAwsConfig(flags: AwsFlags): AwsConfig {
  const { awsMatchNodeNames: match = false, awsRoutesPerTable: limit } = flags
  return {
    routeTables: readRouteTables(flags),
    extraRouteTableIds: readList(flags.extraRouteTableIds ?? ''),
    targetInterface: readTargetInterface(flags.awsTargetInterface ?? 'primary'),
    matchNodeNames: typeof match === 'boolean' ? match : readBoolean('aws-match-node-names', match),
    mode: readChoice('aws-mode', flags.awsMode ?? 'routes', awsModes),
    routesPerTable:
      limit === undefined ? undefined : readInteger('aws-routes-per-table', limit, { min: 1, max: 1_000 }),
    role: readRole(flags),
  }
}

function readRouteTables({ routeTables, routeTableIds }: AwsFlags): AwsConfig['routeTables'] {
  const ids = readList(routeTableIds ?? '')
  if (routeTables === undefined) return ids.length === 0 ? 'tag' : ids
  if (ids.length > 0)
    throw new UsageError('--route-tables and --route-table-ids: name the tables with one of them')
  if (routeTables === 'tag' || routeTables === 'auto' || routeTables === 'vpc') return routeTables
  const named = readList(routeTables)
  if (named.length === 0 || named.some((id) => !id.startsWith('rtb-')))
    throw new UsageError(
      `--route-tables=${routeTables}: expected tag, auto, vpc, or the ids of route tables (rtb-…), comma-separated`,
    )
  return named
}

function readRole({ awsRoleArn: arn, awsRoleExternalId: externalId }: AwsFlags): AssumedRole | undefined {
  if (arn === undefined) {
    if (externalId === undefined) return undefined
    throw new UsageError('--aws-role-external-id: name the role that asks for it with --aws-role-arn')
  }
  if (!/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn))
    throw new UsageError(
      `--aws-role-arn=${arn}: expected the ARN of a role, arn:aws:iam::123456789012:role/NAME`,
    )
  // The limits of AssumeRole (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
  if (externalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(externalId))
    throw new UsageError('--aws-role-external-id: expected 2 to 1,224 letters, digits or + = , . @ : / - _')
  return { arn, ...(externalId === undefined ? {} : { externalId }) }
}

function readTargetInterface(text: string): TargetInterface {
  const [, kind, value = ''] = /^([a-z-]+)(?:=(.*))?$/s.exec(text) ?? []
  if (text === 'primary') return { by: 'primary' }
  if (kind === 'device-index')
    return { by: 'device-index', index: readInteger('aws-target-interface', value, { min: 0, max: 255 }) }
  if (kind === 'subnet' && value.startsWith('subnet-')) return { by: 'subnet', id: value }
  const [, key, tagValue] = (kind === 'tag' ? /^([^=]+)=(.*)$/s.exec(value) : null) ?? []
  if (key !== undefined && tagValue !== undefined) return { by: 'tag', key, value: tagValue }
  throw new UsageError(
    `--aws-target-interface=${text}: expected primary, device-index=N, tag=KEY=VALUE or subnet=subnet-…`,
  )
}
