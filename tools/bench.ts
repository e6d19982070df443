import { join } from 'node:path'
import { build, dist } from './build/build.ts'
import { ensureGoPlugins } from '../test/bench/cni/go-plugins.ts'
import { type BenchOptions, readOptions, usage } from '../test/bench/options.ts'
import type { BenchTask } from '../test/bench/task.ts'
import { explainRefusal, runInWorld } from '../test/lab/world.ts'

/**
 * `npm run bench`: builds what is missing or old, brings the peer, and measures inside a world of its own, so that
 * nothing is left whatever happens.
 */
process.exitCode = await bench(process.argv.slice(2))

async function bench(args: readonly string[]): Promise<number> {
  let options: BenchOptions | 'help'
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 64
  }
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  const refusal = await explainRefusal()
  if (refusal !== undefined) {
    console.error(`The bench can't make its network namespaces. ${refusal}`)
    return 1
  }
  const log = (line: string): void => console.error(line)
  await build({ all: false, log })
  const task: BenchTask = { options, dist, peer: undefined }
  switch (options.bench) {
    case 'cni': {
      const peer = await ensureGoPlugins({ log, environment: process.env }).catch((error: unknown) => {
        log(`Measuring podway-cni alone. ${error instanceof Error ? error.message : String(error)}`)
        return undefined
      })
      return run({ ...task, peer })
    }
    case 'controller':
      return run(task)
  }
}

function run(task: BenchTask): Promise<number> {
  const program = join(import.meta.dirname, '../test/bench', task.options.bench, 'inside.ts')
  return runInWorld([process.execPath, program, JSON.stringify(task)])
}
