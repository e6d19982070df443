import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, dist } from './build/build.ts'
import { ensureLocalStack } from '../test/localstack/install.ts'
import { readOptions } from '../test/demo/options.ts'

/**
 * `npm run demo`: builds what is missing or old, brings what the chosen cloud needs (there is no network inside the
 * demo's world), and starts the built demo.
 */
process.exitCode = await demo(process.argv.slice(2))

async function demo(args: readonly string[]): Promise<number> {
  const log = (line: string): void => console.error(line)
  await build({ all: false, log })
  const env = { ...process.env }
  if (wantsLocalStack(args)) {
    env.PODWAY_LOCALSTACK = JSON.stringify(await ensureLocalStack({ log }))
  }
  const child = spawn(process.execPath, [join(dist, 'demo/demo.js'), ...args], { stdio: 'inherit', env })
  // Ctrl-C reaches the demo by the terminal; it decides what that means.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 128))
  })
}

function wantsLocalStack(args: readonly string[]): boolean {
  try {
    const options = readOptions(args)
    return options !== 'help' && options.cloud === 'localstack'
  } catch {
    // The demo says what is wrong with its arguments.
    return false
  }
}
