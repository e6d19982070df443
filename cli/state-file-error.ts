export type StateFileErrorCode =
  /** It is there but can't be read. */
  | 'ERR_STATE_FILE_UNREADABLE'
  /** No JSON, or not what podway writes. */
  | 'ERR_STATE_FILE_INVALID'
  /** Of a podway that knows more than this one. */
  | 'ERR_STATE_FILE_VERSION'
  | 'ERR_STATE_FILE_UNWRITABLE'
  /** Another podway works with it, or took it from us. */
  | 'ERR_STATE_FILE_LOCKED'

/** The state file can't be used. Nothing of it was changed. `message` and `remedy` are for a person. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError'
  readonly code: StateFileErrorCode
  readonly path: string
  /** What to do about it, as sentences. */
  readonly remedy: string

  constructor(
    code: StateFileErrorCode,
    path: string,
    told: { readonly problem: string; readonly remedy: string; readonly cause?: unknown },
  ) {
    super(`${told.problem}: ${path}. ${told.remedy}`, { cause: told.cause })
    this.code = code
    this.path = path
    this.remedy = told.remedy
  }
}

export const unreadable = (path: string, cause: unknown): StateFileError =>
  new StateFileError('ERR_STATE_FILE_UNREADABLE', path, {
    problem: `The state file can't be read (${systemCode(cause)})`,
    remedy: 'Check its permissions, and that it is a file.',
    cause,
  })

export const unwritable = (path: string, cause: unknown): StateFileError =>
  new StateFileError('ERR_STATE_FILE_UNWRITABLE', path, {
    problem: `The state file can't be written (${systemCode(cause)})`,
    remedy: 'It is as it was. Check that its folder is there, may be written to, and has room.',
    cause,
  })

/** `ENOENT` and the like. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'error'
