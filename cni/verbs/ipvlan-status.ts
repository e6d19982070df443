import { stackedStatus } from '../plugins/stacked-status.ts'

export const run = stackedStatus('ipvlan')
