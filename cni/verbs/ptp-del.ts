export { del as run } from '../plugins/ptp-del.ts'
