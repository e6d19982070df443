import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureLocalStack } from './install.ts'
import { startLocalStack } from './server.ts'

export interface TemporaryLocalStack {
  readonly url: string
  /** Ends it; nothing of it is left but the installation. */
  close(): Promise<void>
}

/** An empty cloud for one test file, installed if it is not yet, which it says. */
export async function openLocalStack(): Promise<TemporaryLocalStack> {
  const install = await ensureLocalStack({ log: (line) => process.stderr.write(`${line}\n`) })
  const dataDir = await mkdtemp(join(tmpdir(), 'podway-localstack-'))
  const remove = (): Promise<void> => rm(dataDir, { recursive: true })
  try {
    const server = await startLocalStack(install, { dataDir })
    return { url: server.url, close: () => server.stop().then(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}
