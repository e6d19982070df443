import { createHash } from 'node:crypto'
import { runStory } from '../run-story.ts'
import { makeStory } from '../story/make-story.ts'

/** Runs the story of a seed, and prints the digest of all calls in it. */
const { lines } = await runStory(makeStory(Number(process.argv[2])), { provider: 'aws' })
process.stdout.write(createHash('sha256').update(lines.join('\n')).digest('hex'))
