import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand, tail } from '../install/command.ts'
import type { PythonEnvironment } from './environment.ts'

/**
 * What a program prints, by lines. Nothing of this process's environment is inherited.
 *
 * @throws Error with its last words, if it ends with another code than 0 or after two minutes
 */
export async function runProgram(
  { python }: PythonEnvironment,
  program: URL,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const path = fileURLToPath(program)
  const { exitCode, stdout, stderr } = await runCommand(python, ['-B', path, ...args], {
    environment: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', NO_PROXY: '127.0.0.1', ...environment },
    signal: AbortSignal.timeout(120_000),
  })
  if (exitCode !== 0)
    throw new Error(`${basename(path)} ended with ${exitCode ?? 'a signal'}:\n${tail(stderr, 40)}`)
  return stdout.split('\n').filter((line) => line !== '')
}
