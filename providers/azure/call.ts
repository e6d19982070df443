import type { ApiBudget } from '../budget.ts'
import type { Permit } from '../budget-lane.ts'
import { ProviderError } from '../errors.ts'
import { type ArmAnswer, type ArmApi, type ArmRequest, isWrite } from './arm-api.ts'
import { classifyAnswer, classifyThrown } from './errors.ts'
import type { ArmAction } from './limits.ts'
import type { WireList } from './wire.ts'

/** ARM for one principal, and what we may ask of it. Only this module calls the API. */
export interface Arm {
  readonly api: ArmApi
  readonly budget: ApiBudget
  /**
   * How long one call may take that writes whatever is there by then; as the client says unless told. One that writes for a
   * revision takes its time: it holds only for what its writer saw, so it does no harm whenever it ends.
   */
  readonly writeTimeoutMs?: number | undefined
}

/**
 * The one way to ARM: every call of the adapter goes through here, or through {@link callForAll} or {@link callWith}. It
 * waits until the budget has room for it.
 * @throws ProviderError, also for an answer that is a refusal, or the signal's reason once it is aborted
 */
export function call(
  arm: Arm,
  request: ArmRequest,
  signal: AbortSignal,
  action: ArmAction = 'Read',
): Promise<ArmAnswer> {
  return arm.budget.run(action, signal, () => attempt(arm, request, signal))
}

/** A call whose turn has come. @throws as {@link call} */
export const callWith = (
  permit: Permit,
  arm: Arm,
  request: ArmRequest,
  signal: AbortSignal,
): Promise<ArmAnswer> => permit.run(() => attempt(arm, request, signal))

async function attempt(
  { api, writeTimeoutMs }: Arm,
  request: ArmRequest,
  signal: AbortSignal,
): Promise<ArmAnswer> {
  signal.throwIfAborted()
  const isHurried = writeTimeoutMs !== undefined && isWrite(request) && request.ifMatch === undefined
  let answer: ArmAnswer
  try {
    answer = await api.send(isHurried ? { ...request, timeoutMs: writeTimeoutMs } : request, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw classifyThrown(error, request)
  }
  if (answer.status >= 200 && answer.status < 300) return answer
  throw classifyAnswer(answer, request)
}

/** Reads one document. @throws ProviderError `transient` for what is none: something in between has answered */
export async function read<T>(arm: Arm, operation: string, path: string, signal: AbortSignal): Promise<T> {
  const { body } = await call(arm, { operation, method: 'GET', path }, signal)
  return documentOf(body, operation) as T
}

export function documentOf(body: unknown, operation: string): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw new ProviderError(
    'transient',
    `${operation} got an answer that is not ARM's: it holds no JSON object`,
    {
      code: 'NoDocument',
      action: operation,
    },
  )
}

/** All pages of a list. A page without list must not pass for "there is nothing". */
export async function callForAll<Item>(
  arm: Arm,
  operation: string,
  path: string,
  signal: AbortSignal,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let next: string | undefined = path
  while (next !== undefined && next !== '') {
    const page: WireList<Item> = await read(arm, operation, next, signal)
    const items: unknown = page.value
    if (!Array.isArray(items))
      throw new ProviderError('transient', `${operation} got an answer that is not ARM's: it holds no list`, {
        code: 'NoList',
        action: operation,
      })
    all.push(...(items as readonly Item[]))
    next = page.nextLink
  }
  return all
}
