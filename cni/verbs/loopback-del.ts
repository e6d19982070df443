export { del as run } from '../plugins/loopback.ts'
