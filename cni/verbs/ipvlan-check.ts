import { checkStacked } from '../plugins/stacked-check.ts'

export const run = checkStacked('ipvlan')
