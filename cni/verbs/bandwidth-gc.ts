export { collect as run } from '../plugins/bandwidth-gc.ts'
