export { del as run } from '../plugins/bridge-del.ts'
