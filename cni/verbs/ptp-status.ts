export { status as run } from '../plugins/ptp-status.ts'
