export { check as run } from '../plugins/static.ts'
