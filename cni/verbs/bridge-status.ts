export { status as run } from '../plugins/bridge-status.ts'
