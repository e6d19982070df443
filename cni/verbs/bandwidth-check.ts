export { check as run } from '../plugins/bandwidth-check.ts'
