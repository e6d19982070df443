import type { Call } from '../../../test/simulators/gce/call-log.ts'
import { PERMISSIONS_OF } from '../../../test/simulators/gce/permissions.ts'

/** What whoever made these calls has to be allowed, sorted; of a method that is not known here, that it is not. */
export const permissionsFor = (calls: readonly Pick<Call, 'method'>[]): readonly string[] =>
  [...new Set(calls.flatMap(({ method }) => PERMISSIONS_OF[method] ?? [`of ${method}`]))].sort()
