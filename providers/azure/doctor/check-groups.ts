import type { Finding } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AzurePicture, shortName } from './picture.ts'

/** Whether the subscriptions and resource groups are there that the configuration names. */
export function checkGroups({ groups }: AzurePicture): readonly Finding[] {
  const absent = (valueOf(groups) ?? []).flatMap(({ absent: error, id }) =>
    error === undefined ? [] : [{ id, subscription: id.split('/')[2] ?? '', code: error.code }],
  )
  const isSubscription = ({ code }: { readonly code: string }): boolean => code.startsWith('Subscription')
  const subscriptions = new Set(absent.filter(isSubscription).map(({ subscription }) => subscription))
  return [
    ...[...subscriptions].map((name) =>
      found('SubscriptionNotFound', {
        object: { kind: 'subscription', name },
        message: `There is no subscription ${name}, or none of it is shown to these credentials.`,
      }),
    ),
    ...absent
      .filter((group) => !isSubscription(group))
      .map(({ id, subscription }) =>
        found('ResourceGroupNotFound', {
          object: { kind: 'resource-group', name: shortName(id) },
          message: `There is no resource group ${shortName(id)} in subscription ${subscription}.`,
        }),
      ),
  ]
}
