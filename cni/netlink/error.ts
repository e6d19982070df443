/** Bytes that are no netlink message. It means a defect here or in the kernel, so it is never retried. */
export class NetlinkFormatError extends Error {
  /** Where it is, in bytes from the beginning of the datagram. */
  readonly offset: number

  /** `bytes`: the part of the datagram that is looked at; `at`: where in it. */
  constructor(problem: string, bytes: Uint8Array, at = 0) {
    // What the host receives begins where its memory does, and all parts are views of it.
    const offset = bytes.byteOffset + at
    super(`malformed netlink message: ${problem}, at byte ${offset}`)
    this.name = 'NetlinkFormatError'
    this.offset = offset
  }
}

/** What else the kernel says about a request that it refused. */
export interface OpErrorDetails {
  /** The extended acknowledgement: the kernel's own words. */
  readonly kernelMessage?: string | undefined
  /** Offset in the request of the attribute that it dislikes. */
  readonly offset?: number | undefined
  readonly sequence: number
}

/** A request that the kernel refused. */
export class OpError extends Error {
  /** What was asked for: `create veth eth0`. */
  readonly operation: string
  readonly errno: number
  readonly kernelMessage: string | undefined
  readonly offset: number | undefined
  readonly sequence: number

  constructor(operation: string, errno: number, details: OpErrorDetails) {
    const words = details.kernelMessage ? ` (${details.kernelMessage})` : ''
    super(`${operation}: ${errnoTexts[errno] ?? `error ${errno}`}${words}`)
    this.name = 'OpError'
    this.operation = operation
    this.errno = errno
    this.kernelMessage = details.kernelMessage
    this.offset = details.offset
    this.sequence = details.sequence
  }
}

/** Whether a caught value is a refusal with one of those error numbers. */
export function isOpError(error: unknown, ...errnos: readonly number[]): error is OpError {
  return error instanceof OpError && errnos.includes(error.errno)
}

/** A dump during which the tables changed, so that it may lack entries (NLM_F_DUMP_INTR): ask again. */
export class DumpInterruptedError extends Error {
  constructor(operation: string) {
    super(`${operation}: the kernel's tables changed while they were read`)
    this.name = 'DumpInterruptedError'
  }
}

/** Those that rtnetlink and nf_tables answer with; the host knows all, but the kernel's answers don't pass through it. */
const errnoTexts: Readonly<Record<number, string>> = {
  1: 'operation not permitted',
  2: 'no such file or directory',
  3: 'no such process',
  12: 'cannot allocate memory',
  13: 'permission denied',
  16: 'device or resource busy',
  17: 'file exists',
  19: 'no such device',
  22: 'invalid argument',
  34: 'numerical result out of range',
  85: 'the rules have changed meanwhile',
  95: 'operation not supported',
  99: 'cannot assign requested address',
  100: 'network is down',
  101: 'network is unreachable',
  105: 'no buffer space available',
  113: 'no route to host',
}
