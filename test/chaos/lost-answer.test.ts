import { expect, test } from 'vitest'
import { failureInWords } from './failure-in-words.ts'
import { runStory } from './run-story.ts'
import type { Story } from './story/step.ts'

/** A Node comes; of the write for it nobody hears, and it takes long; before it ends, the Node is gone. */
const story = (leavesAtMs: number): Story => ({
  seed: 1,
  families: 'v4',
  adopts: false,
  tables: 1,
  nodes: 2,
  share: 0.8,
  noiseMs: 120_000,
  steps: [
    {
      atMs: 20_000,
      do: 'cloud-fault',
      fault: { kind: 'slow-operation', ms: 60_000 },
      calls: 1,
      which: 'writes',
    },
    { atMs: 20_000, do: 'cloud-fault', fault: { kind: 'cut-after' }, calls: 1, which: 'writes' },
    { atMs: 20_001, do: 'join', node: 'n5' },
    { atMs: leavesAtMs, do: 'leave', node: 'n5', machine: 'running' },
  ],
})

// A listing in the middle of the operation shows the range with nobody: the record was forgotten, and then the range came.
test.each([21_500, 23_000, 30_000, 50_000, 79_000])(
  'a Node leaves at %i ms while its alias range is on its way, and nobody has an answer: nothing is left behind',
  async (leavesAtMs) => {
    const provider = 'gcp-alias'
    const { violations } = await runStory(story(leavesAtMs), { provider })
    if (violations.length > 0) expect.fail(failureInWords(story(leavesAtMs), violations, provider))
  },
)
