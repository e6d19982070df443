import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processesOfWorld } from '../lab/leftovers.ts'
import { explainRefusal, runInWorld } from '../lab/world.ts'
import { type DemoOptions, readOptions, usage } from './options.ts'
import type { DemoResult } from './story.ts'

/** The part of the demo that stays outside: it makes the world, and looks for what the world left behind. */
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions | 'help'
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
    console.error(`The demo can't make its network namespaces. ${refusal}`)
    return 1
  }
  return enter(options, args)
}

async function enter(options: DemoOptions, args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'podway-demo-'))
  const resultFile = join(folder, 'result.json')
  const id = randomUUID()
  try {
    const code = await runInWorld([process.execPath, join(import.meta.dirname, 'demo-inside.js'), ...args], {
      id,
      env: {
        ...process.env,
        PODWAY_DEMO_DIST: join(import.meta.dirname, '..'),
        PODWAY_DEMO_RESULT: resultFile,
      },
    })
    if (!existsSync(resultFile)) return code === 0 ? 1 : code
    const inside = JSON.parse(readFileSync(resultFile, 'utf8')) as DemoResult
    rmSync(folder, { recursive: true })
    const left = [
      ...processesOfWorld(id).map(({ pid, command }) => `process ${pid}: ${command}`),
      ...(existsSync(folder) ? [`folder ${folder}`] : []),
    ]
    for (const thing of left) console.error(`✗ left behind outside: ${thing}`)
    const result: DemoResult = { ...inside, leftovers: inside.leftovers + left.length }
    if (!options.json) console.log(summary(result))
    if (options.json) console.log(JSON.stringify(result))
    return code === 0 && left.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function summary({ probes, seconds, leftovers }: DemoResult): string {
  const { firstWrite = 0, add = 0, total = 0 } = seconds
  return `
${probes.ok} of ${probes.sent} probes passed, ${probes.natted} were translated; ${leftovers} things are left behind.
First route ${Math.round(firstWrite * 1000)} ms after the first Node; ADD takes ${Math.round(add * 1000)} ms; ${total.toFixed(1)} s in all.`
}
