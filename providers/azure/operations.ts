import { ProviderError } from '../errors.ts'
import type { ArmAnswer } from './arm-api.ts'
import { type Arm, call, documentOf, read } from './call.ts'
import { classifyEnd } from './errors.ts'
import { type Polling, poll } from './poller.ts'
import type { WireError } from './wire.ts'

interface WireStatus {
  readonly status?: string
  readonly error?: WireError
}

/**
 * Waits until what goes on behind an accepted write is over. Its answer says where to ask; where it does not, it is over.
 * @throws ProviderError of how it ended; `unknown-outcome` if that can't be learnt
 */
export async function untilDone(
  arm: Arm,
  operation: string,
  answer: ArmAnswer,
  polling: Polling,
  signal: AbortSignal,
): Promise<void> {
  const path = answer.headers['azure-asyncoperation']
  if (path === undefined) return
  const { status = '', error } = await poll(
    polling,
    async () => {
      const found = await read<WireStatus>(arm, 'Operations_Get', path, signal).catch(unknown(operation))
      return ends.has(found.status ?? '') ? found : undefined
    },
    () => overdue(operation, polling),
    signal,
  )
  if (status !== 'Succeeded') throw classifyEnd(status, error, operation)
}

const ends: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Canceled'])

/** What was asked for by POST: its answer comes at Location. @throws as {@link untilDone} */
export async function resultOf<T>(
  arm: Arm,
  operation: string,
  answer: ArmAnswer,
  polling: Polling,
  signal: AbortSignal,
): Promise<T> {
  const path = answer.headers.location
  if (answer.status !== 202 || path === undefined) return documentOf(answer.body, operation) as T
  return poll(
    polling,
    async () => {
      const { body, status } = await call(
        arm,
        { operation: 'Operations_GetResult', method: 'GET', path },
        signal,
      )
      return status === 202 ? undefined : (documentOf(body, operation) as T)
    },
    () => overdue(operation, polling),
    signal,
  )
}

/** The write was accepted: that nobody tells any more what became of it says nothing of it. */
const unknown =
  (operation: string) =>
  (error: unknown): never => {
    if (!(error instanceof ProviderError) || error.class === 'transient' || error.class === 'throttled')
      throw error
    throw new ProviderError(
      'unknown-outcome',
      `${operation} was accepted, and what became of it can't be learnt: ${error.message}`,
      { code: error.code, action: operation, cause: error },
    )
  }

const overdue = (operation: string, { untilMs }: Polling): ProviderError =>
  new ProviderError('unknown-outcome', `${operation} is still under way after ${untilMs / 1000} s`, {
    code: 'OperationOverdue',
    action: operation,
  })
