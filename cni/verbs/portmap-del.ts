export { del as run } from '../plugins/portmap-del.ts'
