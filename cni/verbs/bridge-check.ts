export { check as run } from '../plugins/bridge-check.ts'
