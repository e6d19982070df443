import { describe, expect, test } from 'vitest'
import { failureInWords } from './failure-in-words.ts'
import { providers } from './provider.ts'
import { runStory } from './run-story.ts'
import { shrinkStory } from './shrink-story.ts'
import { makeStory } from './story/make-story.ts'

/** In groups, since there are many; a group ends with its first failure. */
const seeds = 200
const groupSize = 10
const groups = Array.from({ length: seeds / groupSize }, (_, index) => index * groupSize + 1)

describe.each(providers)(
  'in a virtual world of %s, no promise is broken, and all becomes well',
  (provider) => {
    test.each(groups)('from seed %i on', { timeout: 600_000 }, async (first) => {
      for (let seed = first; seed < first + groupSize; seed++) {
        const story = makeStory(seed, provider)
        const { violations } = await runStory(story, { provider })
        const [broken] = violations
        if (broken === undefined) continue
        const shortest = await shrinkStory(story, broken.invariant, { provider })
        const again = await runStory(shortest, { provider })
        expect.fail(failureInWords(shortest, again.violations, provider))
      }
    })
  },
)
