import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlPlaneInstall } from '../control-plane/install.ts'
import type { LocalStackInstall } from '../localstack/install.ts'
import { channelToOutside, receiveFromOutside, send } from './channel.ts'
import { readOptions } from './options.ts'
import { createProgress } from './progress.ts'
import { tell } from './story.ts'

/** The part of the demo that runs inside the world. The arguments are the demo's. */
const options = readOptions(process.argv.slice(2))
if (options === 'help') throw new Error('--help is answered outside')

const outside = channelToOutside()
const stopped = new Promise<void>((resolve) => {
  receiveFromOutside(outside, () => resolve())
})
// Ctrl-C reaches every process of the terminal; what it means is decided outside.
process.on('SIGINT', () => undefined)

const scratch = join(tmpdir(), 'demo')
mkdirSync(scratch, { recursive: true })
const { PODWAY_LOCALSTACK: localStack, PODWAY_CONTROL_PLANE: controlPlane } = process.env
try {
  const { result, complaints } = await tell(
    {
      ...options,
      dist: join(import.meta.dirname, '..'),
      scratch,
      localStack: localStack === undefined ? undefined : (JSON.parse(localStack) as LocalStackInstall),
      controlPlane:
        controlPlane === undefined ? undefined : (JSON.parse(controlPlane) as ControlPlaneInstall),
      stay: async () => {
        await send(outside, { kind: 'up' })
        await stopped
      },
    },
    { progress: createProgress(process.stdout, () => performance.now()), say: (text) => console.log(text) },
  )
  for (const complaint of complaints) console.error(`✗ ${complaint}`)
  await send(outside, { kind: 'result', result })
  process.exitCode = complaints.length === 0 ? 0 : 1
} catch (error) {
  console.error(`\n✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
// Whatever a failed step left running ends with the world.
process.exit()
