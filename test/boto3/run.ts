import { fileURLToPath } from 'node:url'
import { runCommand, tail } from '../install/command.ts'
import { ensurePythonEnvironment, type PythonEnvironment } from '../python/environment.ts'

/** The AWS SDK for Python, installed if it is not yet, which it says. */
export const ensureBoto3 = (): Promise<PythonEnvironment> =>
  ensurePythonEnvironment(
    {
      what: 'boto3',
      main: 'boto3',
      requirementsFile: fileURLToPath(new URL('requirements.txt', import.meta.url)),
    },
    { log: (line) => process.stderr.write(`${line}\n`) },
  )

/** What an EC2 API answered, against botocore's service model. */
export interface WalkedAnswer {
  readonly kind: 'answer'
  readonly action: string
  /** HTTP */
  readonly status: number
  readonly problems: readonly string[]
}

/** What boto3 made of an answer, against what it should have. */
export interface Check {
  readonly kind: 'check'
  /** An action, or what else was tried. */
  readonly about: string
  readonly name: string
  readonly problems: readonly string[]
}

/** Lets boto3 use the API in every way that this project does. */
export async function exercise(
  { python }: PythonEnvironment,
  endpoint: string,
  region: string,
): Promise<readonly (WalkedAnswer | Check)[]> {
  const lines = await runProgram(python, 'exercise.py', [], {
    AWS_ENDPOINT_URL_EC2: endpoint,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    // No configuration of the user, no wait for an instance's.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  return lines.map((line) => JSON.parse(line) as WalkedAnswer | Check)
}

export interface WireAnswer {
  readonly action: string
  /** HTTP */
  readonly status: number
  readonly body: string
}

/** The problems of each answer. */
export async function walk(
  { python }: PythonEnvironment,
  answers: readonly WireAnswer[],
): Promise<readonly (readonly string[])[]> {
  const args = answers.map((answer) => JSON.stringify(answer))
  const lines = await runProgram(python, 'walk.py', args, {})
  return lines.map((line) => JSON.parse(line) as readonly string[])
}

/** Its standard output, by lines. Nothing of this process's environment is inherited. */
async function runProgram(
  python: string,
  name: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const program = fileURLToPath(new URL(name, import.meta.url))
  const { exitCode, stdout, stderr } = await runCommand(python, ['-B', program, ...args], {
    environment: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', NO_PROXY: '127.0.0.1', ...environment },
    signal: AbortSignal.timeout(120_000),
  })
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode ?? 'a signal'}:\n${tail(stderr, 40)}`)
  return stdout.split('\n').filter((line) => line !== '')
}
