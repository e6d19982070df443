import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

test('both programs say the same version', () => {
  const { version } = JSON.parse(read('package.json')) as { readonly version: string }
  expect(/^version = "(.*)"$/m.exec(read('cni/host/Cargo.toml'))?.[1]).toBe(version)
})
