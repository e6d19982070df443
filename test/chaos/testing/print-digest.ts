import { createHash } from 'node:crypto'
import type { Provider } from '../provider.ts'
import { runStory } from '../run-story.ts'
import { makeStory } from '../story/make-story.ts'

/** Runs the story of a seed in a world of a cloud, and prints the digest of all calls in it. */
const [, , seed, name] = process.argv
const provider = name as Provider
const { lines } = await runStory(makeStory(Number(seed), provider), { provider })
process.stdout.write(createHash('sha256').update(lines.join('\n')).digest('hex'))
