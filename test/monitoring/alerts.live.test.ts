import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { runCommand } from '../install/command.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { ensurePromtool, missingForPromtool } from './promtool.ts'

const folder = fileURLToPath(new URL('../../deploy/monitoring', import.meta.url))

describeUnless(await missingForPromtool(process.env), 'the alerts, as promtool judges them', () => {
  let promtool: string
  beforeAll(async () => {
    const log = (line: string): void => void process.stderr.write(`${line}\n`)
    promtool = await ensurePromtool({ environment: process.env, log })
  })

  test.each<[what: string, args: readonly string[]]>([
    ['they are rules', ['check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yaml']],
    ['they fire when they should', ['test', 'rules', 'alerts.test.yaml']],
  ])('%s', async (_what, args) => {
    const { exitCode, stderr, stdout } = await runCommand(promtool, args, {
      environment: process.env,
      folder,
    })
    expect([exitCode, exitCode === 0 ? '' : `${stdout}\n${stderr}`]).toEqual([0, ''])
  })
})
