import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, dist } from './build/build.ts'
import { ensureControlPlane } from '../test/control-plane/install.ts'
import { ensureLocalStack } from '../test/localstack/install.ts'
import { type DemoOptions, readOptions } from '../test/demo/options.ts'

/**
 * `npm run demo`: builds what is missing or old, brings what the chosen cloud needs (there is no network inside the
 * demo's world), and starts the built demo.
 */
async function demo(args: readonly string[]): Promise<number> {
  const log = (line: string): void => console.error(line)
  await build({ all: false, log })
  const env = { ...process.env }
  const wanted = read(args)
  if (wanted?.cloud === 'localstack') env.PODWAY_LOCALSTACK = JSON.stringify(await ensureLocalStack({ log }))
  if (wanted?.kube === 'apiserver')
    env.PODWAY_CONTROL_PLANE = JSON.stringify(await ensureControlPlane({ log }))
  // Whoever kills this process kills the demo.
  const tied = ['--pdeathsig', 'KILL', process.execPath, join(dist, 'demo/demo.js'), ...args]
  const child = spawn('setpriv', tied, { stdio: 'inherit', env })
  // Ctrl-C reaches the demo by the terminal; it decides what that means.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 128))
  })
}

/** Undefined if nothing is to be run: the demo says by itself what is wrong with its arguments. */
function read(args: readonly string[]): DemoOptions | undefined {
  try {
    const options = readOptions(args)
    return options === 'help' ? undefined : options
  } catch {
    return undefined
  }
}

process.exitCode = await demo(process.argv.slice(2))
