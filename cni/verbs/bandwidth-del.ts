export { del as run } from '../plugins/bandwidth-del.ts'
