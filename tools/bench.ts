import { join } from 'node:path'
import { build, dist } from './build/build.ts'
import { ensureGoPlugins } from '../test/bench/cni/go-plugins.ts'
import { type BenchOptions, readOptions, usage } from '../test/bench/options.ts'
import type { BenchTask } from '../test/bench/task.ts'
import { ensureRuntimes } from '../test/runtimes/install.ts'
import { runInWorld } from '../test/lab/world.ts'
import { runWorldProgram } from '../test/lab/world-program.ts'

/**
 * `npm run bench`: builds what is missing or old, brings the peer, and measures inside a world of its own, so that
 * nothing is left whatever happens.
 */
async function bench(options: BenchOptions): Promise<number> {
  const log = (line: string): void => console.error(line)
  await build({ all: false, log })
  const task: BenchTask = { options, dist, peer: undefined }
  switch (options.bench) {
    case 'cni':
    case 'chain': {
      const peer = await ensureGoPlugins({ log, environment: process.env }).catch((error: unknown) => {
        log(`Measuring podway-cni alone. ${error instanceof Error ? error.message : String(error)}`)
        return undefined
      })
      // The reference chain starts iptables.
      if (options.bench === 'chain' && peer !== undefined)
        await ensureRuntimes({ log, environment: process.env }).catch((error: unknown) => log(String(error)))
      return run({ ...task, peer })
    }
    case 'controller':
    case 'azure':
    case 'google':
    case 'mesh':
      return run(task)
  }
}

function run(task: BenchTask): Promise<number> {
  const program = join(import.meta.dirname, '../test/bench', task.options.bench, 'inside.ts')
  return runInWorld([process.execPath, program, JSON.stringify(task)])
}

process.exitCode = await runWorldProgram(
  { name: 'The bench', usage, readOptions, run: bench },
  process.argv.slice(2),
)
