import { fileURLToPath } from 'node:url'
import { ensurePythonEnvironment, type PythonEnvironment } from '../python/environment.ts'
import { runProgram } from '../python/run-program.ts'

/** Google's client of Compute Engine for Python, installed if it is not yet, which it says. */
export const ensureGceClient = (): Promise<PythonEnvironment> =>
  ensurePythonEnvironment(
    {
      what: 'google-cloud-compute',
      main: 'google-cloud-compute',
      requirementsFile: fileURLToPath(new URL('requirements.txt', import.meta.url)),
    },
    { log: (line) => process.stderr.write(`${line}\n`) },
  )

/** What a Compute Engine API answered, against Google's discovery document. */
export interface WalkedAnswer {
  readonly kind: 'answer'
  /** `routes.insert`; null for what is no method of the API. */
  readonly method: string | null
  /** HTTP */
  readonly status: number
  readonly problems: readonly string[]
}

/** What the client made of an answer, against what it should have. */
export interface Check {
  readonly kind: 'check'
  readonly about: string
  readonly problems: readonly string[]
}

/** Lets the client use the API in every way that this project does. */
export async function exercise(
  environment: PythonEnvironment,
  endpoint: string,
): Promise<readonly (WalkedAnswer | Check)[]> {
  const program = new URL('exercise.py', import.meta.url)
  // The client asks Google where it is not told otherwise: nothing leaves this machine.
  const nowhere = { HTTPS_PROXY: 'http://127.0.0.1:9' }
  const lines = await runProgram(environment, program, [endpoint], nowhere)
  return lines.map((line) => JSON.parse(line) as WalkedAnswer | Check)
}

export interface WireAnswer {
  readonly httpMethod: string
  /** Below the API's version. */
  readonly path: string
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
