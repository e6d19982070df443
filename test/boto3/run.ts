import { fileURLToPath } from 'node:url'
import { ensurePythonEnvironment, type PythonEnvironment } from '../python/environment.ts'
import { runProgram } from '../python/run-program.ts'

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
  environment: PythonEnvironment,
  endpoint: string,
  region: string,
): Promise<readonly (WalkedAnswer | Check)[]> {
  const lines = await runProgram(environment, new URL('exercise.py', import.meta.url), [], {
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
  environment: PythonEnvironment,
  answers: readonly WireAnswer[],
): Promise<readonly (readonly string[])[]> {
  const args = answers.map((answer) => JSON.stringify(answer))
  const lines = await runProgram(environment, new URL('walk.py', import.meta.url), args, {})
  return lines.map((line) => JSON.parse(line) as readonly string[])
}
