export { add as run } from '../plugins/bandwidth-add.ts'
