import type { OperationName, ServeFailure } from '../../cni/serve/protocol.ts'

/**
 * Why an operation was not carried out, or is not known to be. The four of {@link ServeFailure}, and those of the way
 * there: `unavailable`: there is no connection, nothing was sent · `lost`: it ended before the answer, the operation may
 * have been carried out · `timeout`: no answer in time, the same · `protocol`: the answer is none of the protocol's.
 */
export type MachineErrorCode = ServeFailure['code'] | 'unavailable' | 'lost' | 'timeout' | 'protocol'

/** An operation that failed. `message` is a sentence for a person. Each may be asked for again: operations repeat at will. */
export class MachineError extends Error {
  override readonly name = 'MachineError'
  readonly code: MachineErrorCode
  /** Of a `system` failure. */
  readonly errno: number | undefined

  constructor(
    code: MachineErrorCode,
    message: string,
    more: { readonly errno?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.errno = more.errno
  }
}

export const isMachineError = (error: unknown): error is MachineError => error instanceof MachineError

/** What the serving side said of a request that it did not carry out. */
export function fromFailure(operation: OperationName, failure: ServeFailure): MachineError {
  return new MachineError(failure.code, `${operation}: ${failure.message}`, { errno: failure.errno })
}
