import type { Call } from '../call.ts'
import { stackedKindOf } from '../plugins/stacked-kind.ts'
import { stackedStatus } from '../plugins/stacked-status.ts'

export const run = (call: Call): void => stackedStatus(call, stackedKindOf(call))
