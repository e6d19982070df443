import { describe, expect, test } from 'vitest'
import { failureInWords } from './failure-in-words.ts'
import { providers } from './provider.ts'
import { runStory } from './run-story.ts'
import type { Story } from './story/step.ts'

/** A bit of everything that a controller does: give, create, replace, repair, delete, report. */
const story: Story = {
  seed: 1,
  families: 'v4',
  tables: 2,
  nodes: 3,
  share: 0.8,
  adopts: false,
  noiseMs: 27_000,
  steps: [
    { atMs: 0, do: 'foreign-route', table: 1, where: 'next', pick: 0.06 },
    { atMs: 8_000, do: 'leave', node: 'n1', machine: 'terminated' },
    { atMs: 8_020, do: 'join-as', node: 'n4', other: 'n1' },
    { atMs: 12_000, do: 'join', node: 'n5' },
    { atMs: 13_000, do: 'leave', node: 'n2', machine: 'running' },
    { atMs: 20_000, do: 'delete-record', pick: 0 },
    { atMs: 22_000, do: 'rejoin', node: 'n3', keeps: false, afterMs: 200 },
  ],
}

/** A range goes from one machine to another, and is put right when people have moved it: twice taken, and then given. */
const moves: Story = {
  ...story,
  tables: 1,
  nodes: 2,
  steps: [
    { atMs: 8_000, do: 'join-as', node: 'n3', other: 'n1' },
    { atMs: 9_000, do: 'leave', node: 'n1', machine: 'running' },
    { atMs: 20_000, do: 'change-route', table: 1, pick: 0.6 },
  ],
}

const told = providers.map((provider) => ({ provider, story, what: 'at any call', calls: 80 }))

describe.each([
  ...told,
  { provider: 'gcp-alias' as const, story: moves, what: 'in the middle of a move', calls: 40 },
])('a controller that dies $what, on $provider', ({ calls, provider, story }) => {
  test.each(['before', 'after'] as const)(
    '%s the call: the next one makes all well, and breaks no promise on the way',
    { timeout: 300_000 },
    async (when) => {
      let call = 0
      for (let wasKilled = true; wasKilled;) {
        const result = await runStory(story, { provider, killAt: { call: ++call, when } })
        wasKilled = result.wasKilled
        if (result.violations.length > 0)
          expect.fail(`killed ${when} call ${call}\n${failureInWords(story, result.violations, provider)}`)
      }
      expect(call).toBeGreaterThan(calls)
    },
  )
})
