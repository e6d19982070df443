import { type Handle, type NetlinkSockets } from '../sys.ts'
import { readAttributes, readU32 } from './attribute.ts'
import { DumpInterruptedError, NetlinkFormatError, OpError } from './error.ts'
import { Control, Flag, type Message, decodeMessages, encodeMessage } from './message.ts'
import { decodeText } from '../text.ts'

/** Attributes of an extended acknowledgement (linux/netlink.h, NLMSGERR_ATTR_*). */
const ErrorAttribute = { message: 1, offset: 2 } as const
/** The header of the request, which an error carries behind its number. */
const requestHeaderLength = 16
/** The error carries that header only: its flags say so. Without it the whole request follows. */
const cappedFlag = 0x100
const extendedFlag = 0x200

/** How often a dump is asked for again before its interruption is an error. */
const dumpAttempts = 5

export interface Request {
  /** What it does, for errors: `create veth eth0`. */
  readonly operation: string
  readonly type: number
  readonly flags?: number
  readonly payload: Uint8Array
}

/** Requests over one netlink socket, one at a time, each answered before the next is sent. */
export class Connection {
  readonly #sockets: NetlinkSockets
  readonly #socket: Handle
  #sequence: number

  /** `sequence`: a random start, so that an answer to somebody else's request is not taken for ours. */
  constructor(sockets: NetlinkSockets, socket: Handle, sequence: number) {
    this.#sockets = sockets
    this.#socket = socket
    this.#sequence = sequence >>> 0
  }

  /**
   * A request that the kernel only acknowledges.
   * @throws OpError if it refuses
   */
  execute(request: Request): void {
    this.#exchange(request, Flag.acknowledge)
  }

  /**
   * A request that is answered by one message: its payload.
   * @throws OpError if the kernel refuses
   */
  query(request: Request): Uint8Array {
    const [answer] = this.#exchange(request, 0)
    if (answer === undefined) throw new NetlinkFormatError(`${request.operation}: an answer without content`)
    return answer.payload
  }

  /**
   * All entries that the kernel has: their payloads. A dump that was interrupted is asked for again, five times.
   * @throws OpError if it refuses
   * @throws DumpInterruptedError if the tables never stand still
   */
  dump(request: Request): readonly Uint8Array[] {
    for (let attempt = 1; ; attempt++) {
      const messages = this.#exchange(request, Flag.dump)
      if (!messages.some((message) => message.flags & Flag.dumpInterrupted))
        return messages.filter((message) => message.type !== Control.done).map((message) => message.payload)
      if (attempt === dumpAttempts) throw new DumpInterruptedError(request.operation)
    }
  }

  #exchange(request: Request, flags: number): Message[] {
    const sequence = this.#sequence
    this.#sequence = (sequence + 1) >>> 0
    const { type, payload } = request
    const requestFlags = Flag.request | flags | (request.flags ?? 0)
    this.#sockets.send(this.#socket, encodeMessage({ type, flags: requestFlags, sequence, port: 0, payload }))
    const answers: Message[] = []
    for (;;) {
      for (const message of decodeMessages(this.#sockets.receive(this.#socket))) {
        // Left over from a request that failed on our side.
        if (message.sequence !== sequence) continue
        if (message.type === Control.error) {
          throwIfRefused(request.operation, message)
          return answers
        }
        answers.push(message)
        if (message.type === Control.done) {
          throwIfRefused(request.operation, message)
          return answers
        }
        if ((message.flags & Flag.multi) === 0) return answers
      }
    }
  }
}

/** Both "error" and "done" begin with an error number: zero is an acknowledgement. */
function throwIfRefused(operation: string, message: Message): void {
  const { payload, flags, sequence } = message
  if (payload.length < 4) {
    if (message.type === Control.done) return
    throw new NetlinkFormatError(`an error of ${payload.length} bytes`)
  }
  const errno = -(readU32(payload) | 0)
  if (errno === 0) return
  let kernelMessage: string | undefined
  let offset: number | undefined
  if (flags & extendedFlag) {
    readAttributes(payload, extendedOffset(message), (type, value) => {
      if (type === ErrorAttribute.message) kernelMessage = decodeText(value)
      else if (type === ErrorAttribute.offset) offset = readU32(value)
    })
  }
  throw new OpError(operation, errno, { kernelMessage, offset, sequence })
}

function extendedOffset({ type, flags, payload }: Message): number {
  if (type === Control.done) return 4
  if (flags & cappedFlag || payload.length < 8) return 4 + requestHeaderLength
  return 4 + Math.max(readU32(payload.subarray(4)), requestHeaderLength)
}
