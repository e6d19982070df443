import type { Call } from '../call.ts'
import { checkStacked } from '../plugins/stacked-check.ts'
import { stackedKindOf } from '../plugins/stacked-kind.ts'

export const run = (call: Call): void => checkStacked(call, stackedKindOf(call))
