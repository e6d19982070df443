export { check as run } from '../plugins/portmap-check.ts'
