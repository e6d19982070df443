import type { Difference } from './difference.ts'
import { machineDifferences } from './differences/machines.ts'
import { readDifferences } from './differences/reads.ts'
import { routeDifferences } from './differences/routes.ts'
import { securityDifferences } from './differences/security.ts'

/** All that LocalStack does otherwise than EC2, as far as the steps show it. The simulator has EC2's side. */
export const DIFFERENCES: readonly Difference[] = [
  ...readDifferences,
  ...routeDifferences,
  ...machineDifferences,
  ...securityDifferences,
]
