import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { runStory } from './run-story.ts'
import { makeStory } from './story/make-story.ts'

const run = promisify(execFile)

/** One with faults of all kinds, both families, and processes that come and go. */
const seed = 5

const digest = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex')

test(
  'equal seeds give equal runs, call by call, in this process and in another',
  { timeout: 120_000 },
  async () => {
    const first = await runStory(makeStory(seed), { provider: 'aws' })
    const second = await runStory(makeStory(seed), { provider: 'aws' })
    expect(second.lines).toEqual(first.lines)
    expect(first.lines.length).toBeGreaterThan(500)
    const program = new URL('testing/print-digest.ts', import.meta.url).pathname
    const { stdout } = await run(process.execPath, [program, String(seed)])
    expect(stdout.trim()).toBe(digest(first.lines))
  },
)

test('other seeds give other runs', async () => {
  const [one, other] = [
    await runStory(makeStory(3), { provider: 'aws' }),
    await runStory(makeStory(4), { provider: 'aws' }),
  ]
  expect(digest(one.lines)).not.toBe(digest(other.lines))
})
