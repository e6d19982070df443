export { check as run } from '../plugins/loopback.ts'
