export { collect as run } from '../plugins/ptp-gc.ts'
