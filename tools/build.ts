import { build } from './build/build.ts'

await build({ all: !process.argv.includes('--if-stale'), log: (line) => console.error(line) })
