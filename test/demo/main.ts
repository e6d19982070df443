import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { processesOfWorld } from '../lab/leftovers.ts'
import { runWorldProgram } from '../lab/world-program.ts'
import { commandToEnter, runInWorld } from '../lab/world.ts'
import { receiveFromInside, send } from './channel.ts'
import { type DemoOptions, readOptions, usage } from './options.ts'
import type { DemoResult } from './story.ts'

/** The part of the demo that stays outside: it makes the world, and looks for what the world left behind. */
async function enter(options: DemoOptions, args: readonly string[]): Promise<number> {
  const id = process.env.PODWAY_DEMO_WORLD ?? randomUUID()
  let inside: DemoResult | undefined
  const code = await runInWorld([process.execPath, join(import.meta.dirname, 'demo-inside.js'), ...args], {
    id,
    onChannel: (channel) => {
      receiveFromInside(channel, (message) => {
        switch (message.kind) {
          case 'up':
            console.log(howToEnter(id))
            for (const signal of ['SIGINT', 'SIGTERM'] as const) {
              process.once(signal, () => void send(channel, { kind: 'stop' }))
            }
            return
          case 'result':
            inside = message.result
            return
        }
      })
    },
  })
  if (inside === undefined) return code === 0 ? 1 : code
  const left = processesOfWorld(id).map(({ pid, command }) => `process ${pid}: ${command}`)
  for (const thing of left) console.error(`✗ left behind outside: ${thing}`)
  const result: DemoResult = { ...inside, leftovers: inside.leftovers + left.length }
  console.log(options.json ? JSON.stringify(result) : summary(result))
  return code === 0 && left.length === 0 ? 0 : 1
}

const howToEnter = (id: string): string => `
Everything is up, and stays until Ctrl-C. From another shell, as the same user:
  ${commandToEnter(id) ?? '(the world has just ended)'}
and in it, for example:
  ip netns; ip -n fabric rule; ip -n fabric route show table all; ip -n node-1 -6 route
`

function summary({ probes, seconds, leftovers }: DemoResult): string {
  const { firstWrite = 0, add = 0, total = 0 } = seconds
  return `
${probes.ok} of ${probes.sent} probes passed, ${probes.natted} were translated; ${leftovers} things are left behind.
First write ${Math.round(firstWrite * 1000)} ms after the first Node was registered; an ADD takes ${Math.round(add * 1000)} ms; ${total.toFixed(1)} s in all.`
}

process.exitCode = await runWorldProgram(
  { name: 'The demo', usage, readOptions, run: enter },
  process.argv.slice(2),
)
