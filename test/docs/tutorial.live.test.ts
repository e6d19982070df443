import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../install/free-port.ts'
import { ensureLocalStack } from '../localstack/install.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { type Step, codeBlocks, stepsOf } from './console.ts'

/**
 * docs/tutorial/first-routes.md, walked through as a reader does: two terminals, every command as it is printed, and
 * what it prints. Only the port and the folder are others, so that two may run at once; identifiers are the cloud's.
 */
const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/tutorial/first-routes.md'), 'utf8')
const steps = codeBlocks(page)
  .filter(({ language }) => language === 'console')
  .flatMap(({ text }) => stepsOf(text))

const withoutIds = (text: string): string => text.replaceAll(/\b(rtb|eni)-[0-9a-f]{17}\b/g, '$1-…')

let port: number
let folder: string
const started: (readonly [ReturnType<typeof spawn>, Promise<unknown>])[] = []

function start(program: string, args: readonly string[]): ReturnType<typeof spawn> {
  const child = spawn(program, args, { cwd: root, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  started.push([child, once(child, 'close')])
  return child
}

async function* linesOf(child: ReturnType<typeof spawn>): AsyncGenerator<string> {
  if (child.stdout !== null) yield* createInterface(child.stdout)
}

/** Runs them one after the other in one bash, and resolves with what each printed, on either output. */
async function typed(commands: readonly string[]): Promise<readonly string[]> {
  const mark = `end-of-step-${process.pid}`
  // The status goes on to the next command, which may ask for it.
  const script = commands.map(
    (command) => `{ ${command}\n} 2>&1 </dev/null; status=$?; printf '\\n%s\\n' ${mark}; (exit $status)\n`,
  )
  const bash = start('bash', ['--norc', '-s'])
  bash.stdin?.end(script.join(''))
  const outputs: string[] = []
  let lines: string[] = []
  for await (const line of linesOf(bash)) {
    if (line !== mark) lines.push(line)
    else {
      outputs.push(lines.join('\n').trimEnd())
      lines = []
    }
  }
  return outputs
}

await describeWithPython('the tutorial', () => {
  beforeAll(async () => {
    await ensureLocalStack({ log: (line) => process.stderr.write(`${line}\n`) })
    port = await freePort(0)
    folder = mkdtempSync(join(tmpdir(), 'podway-tutorial-'))
    const cloud = start('npm', ['run', 'localstack', '--', '--port', String(port)])
    for await (const line of linesOf(cloud)) if (line.includes('answers at')) return
    throw new Error('npm run localstack ended')
  }, 600_000)

  afterAll(async () => {
    for (const [child, ended] of started) {
      // As Ctrl-C does, for all that stands in that terminal; whoever is the last of them closes its output.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  })

  test('its first terminal is what was started', () => {
    const shell = codeBlocks(page).filter(({ language }) => language === 'sh')
    expect(shell.map(({ text }) => text.trimEnd().split('\n').at(-1))).toEqual(['npm run localstack'])
  })

  test('every command prints what the page shows', async () => {
    const here = (command: string): string =>
      command
        .replaceAll('/tmp/first-routes', join(folder, 'first-routes'))
        .replace('localstack -- --env', `localstack -- --env --port ${port}`)
    expect(steps.length).toBeGreaterThan(20)
    const outputs = await typed(steps.map(({ command }) => here(command)))
    const walked = steps.map(({ command }, i): Step => ({ command, output: withoutIds(outputs[i] ?? '') }))
    expect(walked).toEqual(steps.map(({ command, output }) => ({ command, output: withoutIds(output) })))
  })
})
