import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand, tail } from '../install/command.ts'
import { ensurePythonEnvironment } from '../python/environment.ts'

/** What the SDK made of an answer, or what an answer has that its model does not. */
export interface Report {
  readonly kind: 'answer' | 'check'
  readonly about: string
  readonly problems: readonly string[]
}

/**
 * Lets Azure's SDK for Python use the API in every way that this project does; it is installed if it is not yet, which is
 * said. Nothing of this process's environment is inherited.
 */
export async function exercise(
  endpoint: string,
  authority: string,
  subscription: string,
): Promise<readonly Report[]> {
  const { python } = await ensurePythonEnvironment(
    {
      what: 'azure-mgmt-network',
      main: 'azure-mgmt-network',
      requirementsFile: fileURLToPath(new URL('requirements.txt', import.meta.url)),
    },
    { log: (line) => process.stderr.write(`${line}\n`) },
  )
  const folder = mkdtempSync(join(tmpdir(), 'podway-azure-'))
  try {
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, authority)
    const program = fileURLToPath(new URL('exercise.py', import.meta.url))
    const { exitCode, stdout, stderr } = await runCommand(
      python,
      ['-B', program, endpoint, ca, subscription],
      {
        environment: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', NO_PROXY: '127.0.0.1' },
        signal: AbortSignal.timeout(120_000),
      },
    )
    if (exitCode !== 0)
      throw new Error(`exercise.py ended with ${exitCode ?? 'a signal'}:\n${tail(stderr, 40)}`)
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
