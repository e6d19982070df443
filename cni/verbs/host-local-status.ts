export { status as run } from '../plugins/ipam-status.ts'
