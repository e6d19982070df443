import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BuildStep, isStale, markFresh } from './freshness.ts'

let root = ''
const dist = (): string => join(root, 'dist')
const step: BuildStep = {
  name: 'x',
  sources: ['src/**/*.ts'],
  stamp: '.x.stamp',
  run: () => Promise.resolve(),
}

function write(file: string, seconds: number): void {
  writeFileSync(join(root, file), '')
  utimesSync(join(root, file), seconds, seconds)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'freshness-'))
  mkdirSync(dist())
  mkdirSync(join(root, 'src'))
  write('src/a.ts', 1_000)
})
afterEach(() => rmSync(root, { recursive: true }))

test('what was never built is stale', () => {
  expect(isStale(step, root, dist())).toBe(true)
})

test('what is younger than its sources is fresh, until one of them changes', () => {
  markFresh(step, dist(), 2_000_000)
  expect(isStale(step, root, dist())).toBe(false)
  write('src/a.ts', 2_001)
  expect(isStale(step, root, dist())).toBe(true)
})

test('a source that changed while the step ran makes it stale', () => {
  write('src/a.ts', 2_000.5)
  markFresh(step, dist(), 2_000_000)
  expect(isStale(step, root, dist())).toBe(true)
})

test('tests are no sources', () => {
  markFresh(step, dist(), 2_000_000)
  write('src/a.test.ts', 3_000)
  expect(isStale(step, root, dist())).toBe(false)
})
