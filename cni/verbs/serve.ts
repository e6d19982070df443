export { serve as run } from '../serve/serve.ts'
