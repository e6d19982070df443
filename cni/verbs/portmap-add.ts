export { add as run } from '../plugins/portmap-add.ts'
