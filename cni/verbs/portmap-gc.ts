export { collect as run } from '../plugins/portmap-gc.ts'
