import { expect, test } from 'vitest'
import { runStory } from './run-story.ts'
import { makeStory } from './story/make-story.ts'

test('nodes come and go in the worst of worlds, and no promise is broken', async () => {
  const { violations } = await runStory(makeStory(1), { provider: 'aws' })
  expect(violations).toEqual([])
})
