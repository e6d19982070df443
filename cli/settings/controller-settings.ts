import { maxBudgetShare } from '../../providers/budget.ts'
import { policies } from '../../reconciler/guard/policy.ts'
import { setting } from './setting.ts'
import { boolean, choice, duration, share, text } from './value-types.ts'

/** Of deploy/manifests/controller-rbac.yaml. */
export const defaultNamespace = 'podway-system'

export const adoptions = ['none', 'matching'] as const

const aName = (what: string) => text('<name>', `name the ${what}, or leave it out`)

/** What is the controller's own. */
export const controllerSettings = {
  configureCloudRoutes: setting({
    type: boolean,
    description: 'whether to write routes, or only give nodes their podCIDRs',
    default: true,
    no: 'leave routes to somebody else; no cloud is asked',
  }),
  policy: setting({
    type: choice('<policy>', policies),
    description: `what may be done to the tables: ${policies.join(', ')}`,
    default: 'sync',
  }),
  adopt: setting({
    type: choice('<which>', adoptions),
    description:
      'which foreign routes become podway’s own: none, or those that are just as podway would write them (matching)',
    default: 'none',
  }),
  driftInterval: setting({
    type: duration({
      min: 1_000,
      max: 24 * 3_600_000,
      expected: 'expected from 1s (the account’s API budget is shared) to 24h',
    }),
    description:
      'how often tables are read though nothing happened, and every fourth time instances, some in their turn',
    // A table is read two times in three minutes then, and all other readings together keep below the third.
    default: '90s',
    // The name that the route controller of kube-controller-manager has for it.
    alias: {
      flag: 'route-reconciliation-period',
      description: 'the same, by the name that it has elsewhere',
    },
  }),
  apiBudgetShare: setting({
    type: share('<share>', maxBudgetShare),
    description:
      'which part of the cloud API’s documented rates may be used: the account is others’ too; more than 1 where they were raised for it',
    default: 0.8,
  }),
  leaderElect: setting({
    type: boolean,
    description: 'whether only one of several controllers works at a time',
    default: true,
    no: 'this is the only one, by other means',
  }),
  leaderElectLeaseDuration: setting({
    type: duration(),
    description: 'how long the others wait for one that is silent',
    default: '15s',
  }),
  leaderElectRenewDeadline: setting({
    type: duration(),
    description: 'how long a leader that can’t renew still works',
    default: '10s',
  }),
  leaderElectRetryPeriod: setting({
    type: duration(),
    description: 'how often it renews, or the others try',
    default: '2s',
  }),
  leaderElectResourceNamespace: setting({
    type: aName('namespace'),
    description: 'where the Lease is',
    default: defaultNamespace,
  }),
  leaderElectResourceName: setting({
    type: aName('Lease'),
    description: 'what the Lease is called',
    default: 'podway-controller',
  }),
} as const
