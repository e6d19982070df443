import type { ApiLimits } from '../budget.ts'
import type { BucketLimits } from '../token-bucket.ts'

/** What is counted apart. */
export type ArmAction = 'Read' | 'WriteRouteTable' | 'WriteInterface'

/**
 * Half of what one principal may write to the network of one subscription: 200 at once (ARM's bucket), and 1,000 in five
 * minutes (Microsoft.Network's), which is less than the ten a second at which ARM refills. Tables and interfaces have a
 * half each, so that four hundred new interfaces keep no table waiting.
 */
const writes: BucketLimits = { burst: 100, perSecond: 1_000 / 300 / 2 }

const byAction: Readonly<Record<ArmAction, BucketLimits>> = {
  Read: { burst: 250, perSecond: 25 },
  WriteRouteTable: writes,
  WriteInterface: writes,
}

/**
 * Of one principal in one subscription and region; several subscriptions have more than that together.
 * Source: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling
 */
export const armLimits: ApiLimits = { byAction, others: writes }

/**
 * Routes that a table takes, of both families together: 400 until 2025, 600 until 2026, and 1,000 since, the limit of
 * tables that Azure Virtual Network Manager manages before.
 * Source: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-resource-manager-virtual-networking-limits
 */
export const defaultRoutesPerTable = 1_000
