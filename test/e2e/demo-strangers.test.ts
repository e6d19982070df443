import { expect, test } from 'vitest'
import { describeWithGo, installForTests } from '../control-plane/describe-control-plane.ts'
import { missingForControlPlane } from '../control-plane/install.ts'
import { describeUnless } from '../install/describe-unless.ts'
import { ensureLocalStack } from '../localstack/install.ts'
import { describeWithPython, missingForPython } from '../python/describe-with-python.ts'
import { goodResult, resultOf, startDemo } from './demo.ts'

/** Installing may have to come first. */
const timeout = 1_800_000

const localStack = async (): Promise<string> =>
  JSON.stringify(await ensureLocalStack({ log: (line) => process.stderr.write(`${line}\n`) }))

const controlPlane = async (): Promise<string> => JSON.stringify(await installForTests())

async function expectGood(cloud: string, kube: string, env: NodeJS.ProcessEnv): Promise<void> {
  using demo = startDemo(['--json', '--cloud', cloud, '--kube', kube], {
    env: { ...process.env, ...env },
  })
  const run = await demo.ended
  expect(run.stderr).toBe('')
  expect(resultOf(run)).toMatchObject({ ...goodResult, cloud, kube })
  expect(run.code).toBe(0)
}

await describeWithPython('the whole story on LocalStack', () => {
  test('passes', { timeout }, async () => {
    await expectGood('localstack', 'simulator', { PODWAY_LOCALSTACK: await localStack() })
  })
})

await describeWithGo('the whole story on a real API server, under RBAC', () => {
  test('passes', { timeout }, async () => {
    await expectGood('simulator', 'apiserver', { PODWAY_CONTROL_PLANE: await controlPlane() })
  })
})

const both = 'the whole story on a real API server and on LocalStack'
const missing = (await missingForControlPlane(process.env)) ?? (await missingForPython(both))

describeUnless(missing, both, () => {
  test('passes', { timeout }, async () => {
    const env = { PODWAY_LOCALSTACK: await localStack(), PODWAY_CONTROL_PLANE: await controlPlane() }
    await expectGood('localstack', 'apiserver', env)
  })
})
