import { expect, test } from 'vitest'
import { ensureLocalStack } from '../localstack/install.ts'
import { goodResult, resultOf, startDemo } from './demo.ts'

test('the whole story passes on LocalStack, which is not ours', async () => {
  const install = await ensureLocalStack({ log: (line) => process.stdout.write(`${line}\n`) })
  const run = await startDemo(['--json', '--cloud', 'localstack'], {
    env: { ...process.env, PODWAY_LOCALSTACK: JSON.stringify(install) },
  }).ended
  expect(run.stderr).toBe('')
  expect(run.code).toBe(0)
  expect(resultOf(run)).toMatchObject({ cloud: 'localstack', ...goodResult })
})
