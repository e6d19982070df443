import { defaultAgentBindAddress } from './run-settings.ts'
import type { Setting } from './setting.ts'
import { type DefaultedKey, type Key, type Values, settingOf } from './settings.ts'

/** A setting that a command knows, and what is different about it there. */
export type Use = Key | ({ readonly key: Key } & UseFacts)

export interface UseFacts {
  /** Refused without it. */
  readonly required?: true
  readonly default?: unknown
  readonly unless?: string
  readonly description?: string
}

const clusterName = { key: 'clusterName', required: true } as const
const cluster = [{ key: 'provider', required: true }, clusterName] as const
const masks = ['nodeCidrMaskSizeIpv4', 'nodeCidrMaskSizeIpv6'] as const
const tables = ['routeTables', 'routeTableIds', 'extraRouteTableIds'] as const
const role = ['awsRoleArn', 'awsRoleExternalId'] as const
const azurePlace = [
  'cloudConfig',
  'azureSubscription',
  'azureResourceGroups',
  'azureRouteTableResourceGroup',
  'azureCloud',
  'azureCredentials',
] as const
const gcpPlace = ['gcpProject', 'gcpNetwork', 'gcpImpersonateServiceAccount'] as const
const gcpRoutes = [
  'gcpRoutePriority',
  'gcpRouteTags',
  'gcpRoutesPerNetwork',
  'gcpRoutesPerPeeringGroup',
  'gcpPodRanges',
] as const

const ofDoctor = [
  clusterName,
  {
    key: 'clusterCidr',
    description:
      'ranges from which nodes get their podCIDRs, comma-separated; without pools, podway is taken not to allocate',
  },
  ...masks,
  { key: 'poolsConfigMap', description: 'the ConfigMap that has the pools, instead of --cluster-cidr' },
  { key: 'poolsFile', description: 'the file that has the pools, instead of both' },
] as const

const lease = [
  { key: 'leaderElectResourceNamespace', description: 'where the controllers’ Lease is' },
  { key: 'leaderElectResourceName', description: 'what that Lease is called' },
] as const

/** What is one cloud's own, for who plans and writes routes. */
const clouds = [
  'awsTargetInterface',
  'awsMode',
  'awsMatchNodeNames',
  'awsRoutesPerTable',
  ...role,
  ...azurePlace,
  'azureRoutesPerTable',
  'azureEffectiveWait',
  'azureAskEffective',
  ...gcpPlace,
  'gcpMode',
  ...gcpRoutes,
] as const

/** What everything that routes depend on is looked at by: the controller's own, and where Nodes and ledger are. */
const ofSurvey = [
  ...cluster,
  'nodes',
  'state',
  {
    key: 'clusterCidr',
    description:
      'ranges from which Nodes that have no podCIDRs would get theirs, comma-separated; without pools they wait',
  },
  ...masks,
  { key: 'poolsFile', description: 'a file that has the pools, instead of --cluster-cidr' },
  'serviceClusterIpRange',
  ...tables,
  'policy',
  ...clouds,
] as const

const ofPlan = [
  ...ofSurvey,
  'adopt',
  { key: 'all', description: 'show the routes too to which nothing is to be done' },
  'kubeconfig',
  'output',
] as const

/**
 * What each command knows, in the order of its help. A new command stands here with what it knows; what nothing knows yet
 * is declared beside its like (`*-settings.ts`). `addSettings` gives it the flags, `readSettings` what was said.
 */
export const commandSettings = {
  controller: [
    ...cluster,
    'clusterCidr',
    ...masks,
    'allocateNodeCidrs',
    'poolsConfigMap',
    'poolsFile',
    'serviceClusterIpRange',
    ...tables,
    'configureCloudRoutes',
    'policy',
    'adopt',
    'driftInterval',
    'apiBudgetShare',
    'leaderElect',
    'leaderElectLeaseDuration',
    'leaderElectRenewDeadline',
    'leaderElectRetryPeriod',
    'leaderElectResourceNamespace',
    'leaderElectResourceName',
    'metricsBindAddress',
    'kubeconfig',
    'logLevel',
    ...clouds,
  ],
  agent: [
    'nodeName',
    'socket',
    'masquerade',
    'masqueradeLinkLocal',
    'randomFully',
    'nonMasqueradeCidrs',
    'antiSpoofing',
    'blockMetadata',
    'mtu',
    'probe',
    'probePort',
    'reachability',
    'meshForce',
    'meshSourceDestinationCheckOff',
    {
      key: 'metricsBindAddress',
      description: 'where /healthz, /readyz, /metrics and /path are served, over plain HTTP; 0 for nowhere',
      default: defaultAgentBindAddress,
    },
    'kubeconfig',
    'logLevel',
  ],
  'agent uninstall': ['socket', 'stay'],
  crds: ['definitionFormat'],
  plan: ofPlan,
  apply: [...ofPlan, { key: 'yes', description: 'do it without a question' }, ...lease],
  status: ['watch', 'nodes', 'state', ...lease, 'kubeconfig', 'output'],
  version: ['output'],
  'export terraform': ['out', 'only', 'force', 'withoutVersions', ...ofSurvey, 'kubeconfig'],
  adopt: [
    ...cluster,
    ...tables,
    'table',
    { key: 'yes', description: 'record them; without it they are only listed' },
    'state',
    'kubeconfig',
    'output',
    'awsTargetInterface',
    'awsMode',
    'awsMatchNodeNames',
    ...role,
    ...azurePlace,
    ...gcpPlace,
    'gcpMode',
  ],
  release: ['all', { key: 'yes', description: 'release it without a question' }, 'kubeconfig', 'output'],
  config: ['output'],
  cleanup: [
    ...cluster,
    {
      key: 'yes',
      description: 'delete them without a question; without it and without a terminal they are only listed',
    },
    ...lease,
    'kubeconfig',
    'output',
    ...role,
    ...azurePlace,
    ...gcpPlace,
  ],
  'doctor aws': [
    ...ofDoctor,
    ...tables,
    'kubeconfig',
    'output',
    'awsTargetInterface',
    'awsMatchNodeNames',
    'awsRoutesPerTable',
    ...role,
  ],
  'doctor gcp': [...ofDoctor, 'kubeconfig', 'output', ...gcpPlace, ...gcpRoutes, 'gcpMode'],
  'doctor azure': [...ofDoctor, ...tables, 'kubeconfig', 'output', ...azurePlace, 'azureRoutesPerTable'],
  migrate: [
    { key: 'predecessor', required: true },
    'provider',
    'clusterName',
    {
      key: 'allocateNodeCidrs',
      description: 'whether podway is to give nodes their podCIDRs, or whoever does it now goes on',
    },
    'assume',
    'do',
    { key: 'yes', description: 'do it without a question' },
    ...tables,
    'kubeconfig',
    'output',
    'awsTargetInterface',
    'awsMode',
    'awsMatchNodeNames',
    ...role,
    ...azurePlace,
    ...gcpPlace,
    'gcpMode',
  ],
  'doctor path': [
    { key: 'from', required: true },
    { key: 'to', required: true },
    {
      key: 'provider',
      description: 'the cloud between the Nodes: aws, gcp, azure',
      unless: 'it is not asked',
    },
    'agentNamespace',
    'agentPort',
    'kubeconfig',
    'output',
    ...role,
    ...gcpPlace,
    ...azurePlace,
  ],
} as const satisfies Readonly<Record<string, readonly Use[]>>

export type CommandName = keyof typeof commandSettings

export const commandNames = Object.keys(commandSettings) as readonly CommandName[]

type UseOf<C extends CommandName> = (typeof commandSettings)[C][number]
type KeyOf<U> = U extends Key ? U : U extends { readonly key: infer K extends Key } ? K : never
type ValueOf<U> =
  KeyOf<U> extends DefaultedKey
    ? Values[KeyOf<U>]
    : U extends { readonly required: true } | { readonly default: unknown }
      ? Values[KeyOf<U>]
      : Values[KeyOf<U>] | undefined

/** What a command is told: all that it knows, read. */
export type Settings<C extends CommandName> = {
  readonly [U in UseOf<C> as KeyOf<U>]: ValueOf<U>
}

/** A setting as a command knows it. */
export interface UsedSetting extends Setting {
  readonly key: Key
  readonly required: boolean
}

export const settingsOfCommand = (name: CommandName): readonly UsedSetting[] =>
  commandSettings[name].map((use: Use) => {
    const { key, ...facts } = typeof use === 'string' ? { key: use } : use
    return { required: false, ...settingOf(key), ...facts, key }
  })
