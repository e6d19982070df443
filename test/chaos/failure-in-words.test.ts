import { expect, test } from 'vitest'
import { failureInWords } from './failure-in-words.ts'
import type { Story } from './story/step.ts'

const story: Story = {
  seed: 69,
  families: 'v4',
  tables: 2,
  nodes: 3,
  share: 0.8,
  adopts: false,
  noiseMs: 60_000,
  steps: [
    { atMs: 7_300, do: 'leave-many', share: 0.5 },
    { atMs: 9_000, do: 'kill', slot: 'a', forMs: 1_000 },
  ],
}

test('a failure is told in plain words, with the way to see it again', () => {
  const violation = { invariant: 'ownership', at: 8_000, by: 'a1', what: 'deleted a route' }
  expect(failureInWords(story, [violation, { ...violation, by: '' }], 'aws')).toMatchInlineSnapshot(`
    "Seed 69 of aws breaks a promise. The shortest story found that does:
      3 nodes, 2 tables, IPv4, 80 % of the buckets
      at 7.3 s: 50 % of the nodes are deleted, their machines go on
      at 9.0 s: controller a is killed, and started again after 1.0 s
      after 60.0 s: the noise stops
    Broken:
      ownership (at 8.0 s, a1): deleted a route
      ownership (at 8.0 s): deleted a route
    Once more, with all calls: npm run chaos -- --provider aws --seed 69 --log"
  `)
})
