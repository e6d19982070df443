import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Mutant, plant } from './mutant.ts'
import { otherMutants } from './other-mutants.ts'
import { reconcilerMutants } from './reconciler-mutants.ts'

const root = resolve(import.meta.dirname, '../..')
const all = [...reconcilerMutants, ...otherMutants]

test('there are at least 20, and no two of a name', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  expect(all.length).toBeGreaterThanOrEqual(20)
})

test('chaos alone shows a good part of them', () => {
  expect(all.filter(({ byChaos }) => byChaos !== undefined).length).toBeGreaterThanOrEqual(15)
})

// Otherwise the list grows old unseen: whether each is caught, `npm run mutants` shows.
test.each(all)('there is a place to plant "$name"', (mutant) => {
  const text = readFileSync(join(root, mutant.file), 'utf8')
  expect(plant(text, mutant)).not.toBe(text)
})

describe('planting', () => {
  const mutant: Mutant = { name: 'n', file: 'f', find: 'a', replace: '$&b', caughtBy: [] }

  test('replaces the text as it stands', () => {
    expect(plant('xay', mutant)).toBe('x$&by')
  })

  test.each(['xy', 'aa'])('refuses %j', (text) => {
    expect(() => plant(text, mutant)).toThrow('stands')
  })
})
