export { add as run } from '../plugins/loopback.ts'
