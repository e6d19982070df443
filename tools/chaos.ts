import { parseArgs } from 'node:util'
import { type Provider, providers } from '../test/chaos/provider.ts'
import { runStory } from '../test/chaos/run-story.ts'
import { shrinkStory } from '../test/chaos/shrink-story.ts'
import { describeStory } from '../test/chaos/story/describe-step.ts'
import { makeStory } from '../test/chaos/story/make-story.ts'
import { failureInWords } from '../test/chaos/failure-in-words.ts'

const usage = `Usage: npm run chaos -- [--seeds <count>] [--seed <number>] [--provider <name>] [--log]

Runs stories in virtual worlds: whatever can go wrong goes wrong, at times that a seed decides, and a checker looks whether
podway keeps its promises. A story that breaks one is made as short as it can be, and printed.

  --seeds <count>    how many, from --seed on; 200 unless told
  --seed <number>    the first one; alone, the only one
  --provider <name>  the cloud: ${providers.join(', ')} (the default is ${providers[0]})
  --log              what the controllers log, and all calls; of one seed
  --help             print this

Exit codes: 0 all promises were kept, 1 one was not, 64 wrong usage.
`

class UsageError extends Error {}

/** `npm run chaos`: any number of seeds, where the tests run some. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      provider: { type: 'string' },
      log: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    process.stdout.write(usage)
    return 0
  }
  const provider = readProvider(values.provider)
  const first = readNumber('seed', values.seed ?? '1', 0)
  const count = readNumber('seeds', values.seeds ?? (values.seed === undefined ? '200' : '1'), 1)
  if (values.log === true) {
    if (count > 1) throw new UsageError('--log is for one seed: name it by --seed')
    return showOne(first, provider)
  }
  const start = performance.now()
  let failures = 0
  for (let seed = first; seed < first + count; seed++) {
    if (!(await isKept(seed, provider))) failures++
    progress(`${seed - first + 1} of ${count} seeds, ${failures} failed`)
  }
  progress('')
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(`${count - failures} of ${count} stories kept all promises (${seconds} s)`)
  return failures === 0 ? 0 : 1
}

async function isKept(seed: number, provider: Provider): Promise<boolean> {
  const story = makeStory(seed, provider)
  const { violations } = await runStory(story, { provider })
  const [first] = violations
  if (first === undefined) return true
  progress(`seed ${seed} breaks ${first.invariant}: looking for the shortest story that does`)
  const shortest = await shrinkStory(story, first.invariant, { provider })
  const again = await runStory(shortest, { provider })
  progress('')
  console.log(failureInWords(shortest, again.violations, provider))
  return false
}

async function showOne(seed: number, provider: Provider): Promise<number> {
  const story = makeStory(seed, provider)
  console.log(describeStory(story))
  const { lines, violations } = await runStory(story, { provider, onLog: (line) => console.log(line) })
  console.log(lines.join('\n'))
  if (violations.length > 0) console.log(failureInWords(story, violations, provider))
  return violations.length === 0 ? 0 : 1
}

function readProvider(text: string = providers[0]): Provider {
  const provider = providers.find((name) => name === text)
  if (provider === undefined)
    throw new UsageError(`--provider=${text}: expected one of ${providers.join(', ')}`)
  return provider
}

function readNumber(flag: string, text: string, least: number): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < least)
    throw new UsageError(`--${flag}=${text}: expected a whole number, at least ${least}`)
  return number
}

/** One line that is written over; none where nobody looks. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof UsageError || error instanceof TypeError ? 64 : 1
}
