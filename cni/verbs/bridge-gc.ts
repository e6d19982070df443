export { collect as run } from '../plugins/bridge-gc.ts'
