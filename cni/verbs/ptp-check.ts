export { check as run } from '../plugins/ptp-check.ts'
