import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Provider, providers } from './provider.ts'
import { runStory } from './run-story.ts'
import { makeStory } from './story/make-story.ts'

const run = promisify(execFile)

/** One with faults of all kinds, both families, and processes that come and go. */
const seed = 5

const digest = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex')

const linesOf = async (number: number, provider: Provider): Promise<readonly string[]> =>
  (await runStory(makeStory(number, provider), { provider })).lines

describe.each(providers)('on %s', (provider) => {
  test(
    'equal seeds give equal runs, call by call, in this process and in another',
    { timeout: 120_000 },
    async () => {
      const first = await linesOf(seed, provider)
      expect(await linesOf(seed, provider)).toEqual(first)
      expect(first.length).toBeGreaterThan(500)
      const program = new URL('testing/print-digest.ts', import.meta.url).pathname
      const { stdout } = await run(process.execPath, [program, String(seed), provider])
      expect(stdout.trim()).toBe(digest(first))
    },
  )

  test('other seeds give other runs', async () => {
    expect(digest(await linesOf(3, provider))).not.toBe(digest(await linesOf(4, provider)))
  })
})
