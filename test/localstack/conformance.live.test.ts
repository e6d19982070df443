import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { createAwsWorld } from '../conformance/aws-world.ts'
import { describeProvider } from '../conformance/provider.case.ts'
import { ensureLocalStack } from './install.ts'
import { startLocalStack, type RunningLocalStack } from './server.ts'

let dataDir: string
let localStack: RunningLocalStack

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'podway-localstack-'))
  const install = await ensureLocalStack({ log: (line) => process.stderr.write(`${line}\n`) })
  localStack = await startLocalStack(install, { dataDir })
}, 600_000)

afterAll(async () => {
  await localStack.stop()
  await rm(dataDir, { recursive: true })
})

describeProvider({
  name: 'AWS on LocalStack',
  make: () => createAwsWorld({ endpoint: localStack.url, region: 'eu-central-1' }),
})
