export { del as run } from '../plugins/host-local.ts'
