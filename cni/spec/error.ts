/**
 * Error codes that we answer with: those of the CNI specification (section 5), 999 as its libraries' "internal error",
 * and from 100 our own.
 */
export const ErrorCode = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  environment: 4,
  io: 5,
  decoding: 6,
  config: 7,
  namespace: 8,
  tryAgainLater: 11,
  notAvailable: 50,
  /** The process may not do what it has to do: CAP_NET_ADMIN and CAP_SYS_ADMIN, mostly. */
  notPermitted: 100,
  /** The kernel lacks something: veth, IPv6, network namespaces. */
  unsupportedByKernel: 101,
  /** A port of the node that the pod asks for leads to another pod. */
  portTaken: 102,
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

/**
 * Whether a caught value is a {@link CniError}, of this bundle or of another: each has a class of its own.
 */
export function isCniError(error: unknown): error is CniError {
  return error instanceof Error && error.name === 'CniError'
}

/** Any caught value as a CNI error, in its own words: what the kernel refused by its number, other things "internal". */
export function toCniError(error: unknown): CniError {
  if (isCniError(error)) return error
  if (!(error instanceof Error)) return new CniError(ErrorCode.internal, String(error))
  const { errno } = error as { readonly errno?: unknown }
  return new CniError(typeof errno === 'number' ? codeOf(errno) : ErrorCode.internal, error.message)
}

/** What a runtime can make of an error number: the same on every architecture that we build for. */
function codeOf(errno: number): ErrorCode {
  switch (errno) {
    case 1: // EPERM
    case 13: // EACCES
      return ErrorCode.notPermitted
    case 5: // EIO
    case 28: // ENOSPC
    case 30: // EROFS
    case 122: // EDQUOT
      return ErrorCode.io
    case 4: // EINTR
    case 11: // EAGAIN
    case 12: // ENOMEM
    case 16: // EBUSY
    case 23: // ENFILE
    case 24: // EMFILE
    case 105: // ENOBUFS
      return ErrorCode.tryAgainLater
    case 38: // ENOSYS
    case 92: // ENOPROTOOPT
    case 93: // EPROTONOSUPPORT
    case 94: // ESOCKTNOSUPPORT
    case 95: // EOPNOTSUPP
    case 97: // EAFNOSUPPORT
      return ErrorCode.unsupportedByKernel
    default:
      return ErrorCode.internal
  }
}

/** The JSON that goes to standard output when a verb fails. */
export function formatError(error: CniError, cniVersion: string): string {
  const { code, message, details } = error
  return JSON.stringify({ cniVersion, code, msg: message, ...(details ? { details } : {}) }, null, 4)
}
