/** Error codes of the CNI specification (section 5) that we answer with; 999 is the libraries' "internal error". */
export const ErrorCode = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  environment: 4,
  io: 5,
  decoding: 6,
  config: 7,
  namespace: 8,
  notAvailable: 50,
  internal: 999,
} as const

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode]

/** An error as the runtime gets to see it. */
export class CniError extends Error {
  readonly code: ErrorCode
  readonly details: string | undefined

  constructor(code: ErrorCode, message: string, details?: string) {
    super(message)
    this.name = 'CniError'
    this.code = code
    this.details = details
  }
}

/** Any caught value as a CNI error: what is none already is "internal", with its own words. */
export function toCniError(error: unknown): CniError {
  if (error instanceof CniError) return error
  return new CniError(ErrorCode.internal, error instanceof Error ? error.message : String(error))
}

/** The JSON that goes to standard output when a verb fails. */
export function formatError(error: CniError, cniVersion: string): string {
  const { code, message, details } = error
  return JSON.stringify({ cniVersion, code, msg: message, ...(details ? { details } : {}) }, null, 4)
}
