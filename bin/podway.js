#!/usr/bin/env node
// Starts podway: the bundle beside this file where it was built, the sources in a checkout. It must parse on old
// versions of Node, to be able to say that they are too old.
import { existsSync } from 'node:fs'

const wanted = 24
const found = process.versions.node

if (Number(found.split('.')[0]) < wanted) {
  console.error(`podway needs Node.js ${wanted} or newer, and this is ${found}.`)
  process.exitCode = 1
} else {
  const bundle = new URL('./main.js', import.meta.url)
  const sources = new URL('../cli/main.ts', import.meta.url)
  import(existsSync(bundle) ? bundle.href : sources.href)
    .then(({ main }) => main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code
    })
}
