export { check as run } from '../plugins/host-local.ts'
