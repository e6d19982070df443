import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalStackInstall } from '../localstack/install.ts'
import { readOptions } from './options.ts'
import { createProgress } from './progress.ts'
import { tell } from './story.ts'

/**
 * The part of the demo that runs inside the world. The arguments are the demo's; the environment tells where the
 * programs are and where the result goes.
 */
const options = readOptions(process.argv.slice(2))
if (options === 'help') throw new Error('--help is answered outside')
const { PODWAY_DEMO_DIST: dist, PODWAY_DEMO_RESULT: resultFile, PODWAY_LOCALSTACK: localStack } = process.env
if (dist === undefined || resultFile === undefined) throw new Error('start the demo by "npm run demo"')

const stopped = new Promise<void>((resolve) => {
  process.once('SIGINT', resolve)
})
const stay = (): Promise<void> => {
  console.log(`Everything is up, and stays until Ctrl-C. To look around, as the same user, from another shell:
  nsenter --target ${process.env.PODWAY_DEMO_PID ?? '<pid>'} --all --preserve-credentials
  ip netns list; ip -n fabric rule; ip -n node-1 route; ip -n node-2 -6 route`)
  return stopped
}

const scratch = join(tmpdir(), 'demo')
mkdirSync(scratch, { recursive: true })
const progress = createProgress(process.stdout, () => performance.now())
try {
  const { result, complaints } = await tell(
    {
      ...options,
      dist,
      scratch,
      stay,
      localStack: localStack === undefined ? undefined : (JSON.parse(localStack) as LocalStackInstall),
    },
    { progress, say: (text) => console.log(text) },
  )
  for (const complaint of complaints) console.error(`✗ ${complaint}`)
  writeFileSync(resultFile, JSON.stringify(result))
  process.exitCode = complaints.length === 0 ? 0 : 1
} catch (error) {
  console.error(`\n✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
// Whatever a failed step left running ends with the world.
process.exit()
