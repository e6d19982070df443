export { collect as run } from '../plugins/host-local.ts'
