import { ProviderError } from '../errors.ts'
import { type Gce, call } from './call.ts'
import { operationError } from './errors.ts'
import { type GceCall, type WireOperation, calls } from './gce-api.ts'

/** After it, nobody knows what becomes of an operation; most take seconds. */
const longestMs = 120_000

/** Between two looks, where Google answers before the operation has ended. It may answer at once. */
const pauseMs = 1_000

/**
 * Resolves when the operation that a write began has ended well. All that wait share the budget of operation reads, and
 * ask by `wait`, which Google answers when the operation ends: one request an operation as a rule, where polling takes one
 * a second. Of a project, or of a zone in it, as the operation says.
 *
 * @throws ProviderError what the operation ended with, or `unknown-outcome` if it has not ended within two minutes, or
 * could not be looked at; or the signal's reason
 */
export async function finished(
  gce: Gce,
  project: string,
  begun: WireOperation,
  origin: GceCall,
  signal: AbortSignal,
): Promise<void> {
  const operation = await ended(gce, project, begun, origin, signal)
  const error = operationError(operation, origin, gce.clock.now())
  if (error !== undefined) throw error
}

/** The operation as it ended, well or not. @throws as {@link finished}, but for what it ended with */
export async function ended(
  gce: Gce,
  project: string,
  begun: WireOperation,
  origin: GceCall,
  signal: AbortSignal,
): Promise<WireOperation> {
  const name = begun.name
  if (name === undefined || name === '') throw lost(origin, 'NoOperation', 'its answer names no operation')
  const start = gce.clock.monotonic()
  let operation = begun
  while (operation.status !== 'DONE') {
    if (gce.clock.monotonic() - start > longestMs)
      throw lost(origin, 'OperationUnfinished', `operation ${name} has not ended in ${longestMs / 1000} s`)
    const asked = gce.clock.monotonic()
    operation = (await look(gce, { project, ...zoneOf(begun) }, name, origin, signal)) ?? operation
    const spent = gce.clock.monotonic() - asked
    if (operation.status !== 'DONE' && spent < pauseMs) await pause(gce, pauseMs - spent, signal)
  }
  return operation
}

/** Where an operation is: of the project, or of a zone. */
interface Scope {
  readonly project: string
  readonly zone?: string
}

function zoneOf({ zone: url }: WireOperation): Pick<Scope, 'zone'> {
  const zone = url?.split('/').at(-1)
  return zone ? { zone } : {}
}

/** Undefined where it could not be seen this time. */
async function look(
  gce: Gce,
  { project, zone }: Scope,
  operation: string,
  origin: GceCall,
  signal: AbortSignal,
): Promise<WireOperation | undefined> {
  try {
    return await (zone === undefined
      ? call(gce, 'waitForGlobalOperation', signal, (api, options) =>
          api.waitForGlobalOperation({ project, operation }, options),
        )
      : call(gce, 'waitForZoneOperation', signal, (api, options) =>
          api.waitForZoneOperation({ project, zone, operation }, options),
        ))
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (error.class === 'transient' || error.class === 'throttled') return undefined
    throw lost(origin, error.code, `operation ${operation} can't be looked at: ${error.message}`, error)
  }
}

const lost = (origin: GceCall, code: string, why: string, cause?: unknown): ProviderError =>
  new ProviderError('unknown-outcome', `${calls[origin].method} may or may not have happened: ${why}`, {
    code,
    action: calls[origin].method,
    cause,
  })

function pause({ clock }: Gce, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel()
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an abort rejects with the signal's own reason
      reject(signal.reason)
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal.addEventListener('abort', abort, { once: true })
  })
}
