import { credentialKinds } from '../../providers/azure/credential-kinds.ts'
import { setting } from './setting.ts'
import { boolean, choice, duration, list, path, text, wholeNumber } from './value-types.ts'

const group = 'Azure:'
const groups = {
  pattern: /\S/,
  expected: 'expected names or ids of resource groups, comma-separated',
} as const

/** What only Azure has. */
export const azureSettings = {
  cloudConfig: setting({
    group,
    type: path(),
    description:
      'the file that the cluster has for Kubernetes’ cloud provider for Azure (azure.json): whatever is not said here is taken from there',
  }),
  azureSubscription: setting({
    group,
    type: text('<id>', 'name the subscription, or leave it out'),
    description: 'the subscription',
    unless: 'of --cloud-config, or $AZURE_SUBSCRIPTION_ID',
  }),
  azureResourceGroups: setting({
    group,
    type: list('<names>', groups),
    description:
      'the resource groups of the nodes’ machines, comma-separated; those of another subscription by id',
    unless: 'of --cloud-config',
  }),
  azureRouteTableResourceGroup: setting({
    group,
    type: list('<list>', groups),
    description:
      'the resource groups of the route tables, comma-separated; those of another subscription by id',
    unless: 'of --cloud-config, or the first of the machines’',
  }),
  azureCloud: setting({
    group,
    type: text('<name>', 'name the cloud, or leave it out'),
    description: 'AzurePublicCloud, AzureUSGovernmentCloud or AzureChinaCloud',
    unless: 'of --cloud-config, or the first one',
  }),
  azureCredentials: setting({
    group,
    type: choice('<how>', credentialKinds),
    description: `who podway is to Azure: ${credentialKinds.join(', ')}; auto is as --cloud-config has it, or what there is`,
    default: 'auto',
  }),
  azureRoutesPerTable: setting({
    group,
    type: wholeNumber('<count>', { min: 1, max: 10_000 }),
    description: 'how many routes a table takes, of both families together, by the subscription’s limit',
    unless: '1000',
  }),
  azureEffectiveWait: setting({
    group,
    type: duration({ min: 0, max: 300_000, expected: 'expected at most 5m' }),
    description: 'how long after a write packets surely follow it: a Node is not told routed before',
    unless: '10s',
  }),
  azureAskEffective: setting({
    group,
    type: boolean,
    description: 'whether to ask Azure which routes are effective, which may be before that time is over',
    default: false,
  }),
} as const
