import type { Handle, NetlinkSockets } from '../sys.ts'
import { readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError, OpError } from './error.ts'
import { Control, Flag, type Message, decodeMessages, encodeMessage } from './message.ts'
import { decodeText } from '../text.ts'

/** Attributes of an extended acknowledgement (linux/netlink.h, NLMSGERR_ATTR_*). */
const ErrorAttribute = { message: 1, offset: 2 } as const
/** The header of the request, which an error carries behind its number. */
const requestHeaderLength = 16
/** The error carries that header only: its flags say so. Without it the whole request follows. */
const cappedFlag = 0x100
const extendedFlag = 0x200

export interface Request {
  /** What it does, for errors: `create veth eth0`. */
  readonly operation: string
  readonly type: number
  readonly flags?: number
  readonly payload: Uint8Array
}

/** A request that the kernel did not grant. */
export interface Refusal {
  readonly request: Request
  readonly error: OpError
}

/** Requests over one netlink socket, each answered before the next is sent. */
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
    this.exchange(request, Flag.acknowledge)
  }

  /**
   * Requests that the kernel only acknowledges, in one datagram. It works on them in their order, and on the others too
   * when it refuses one: which, and why, in the same order.
   */
  executeAll(requests: readonly Request[]): readonly Refusal[] {
    const first = this.#sequence
    const last = requests.length - 1
    const messages = requests.map(
      (request, index) => this.#encode(request, index === last ? Flag.acknowledge : 0).bytes,
    )
    this.#sockets.send(this.#socket, concatenate(messages))
    const refusals: Refusal[] = []
    for (;;) {
      for (const message of this.receive()) {
        const index = (message.sequence - first) >>> 0
        const request = requests[index]
        if (request === undefined || message.type !== Control.error) continue
        const error = refusal(request.operation, message)
        if (error !== undefined) refusals.push({ request, error })
        if (index === last) return refusals
      }
    }
  }

  /**
   * Requests in one datagram, between one that begins a transaction and one that ends it: the kernel carries out all of
   * them, or none.
   *
   * @throws OpError of the first that it refuses
   */
  transact(begin: Request, requests: readonly Request[], end: Request): void {
    const first = this.#sequence
    const all = [begin, ...requests, end]
    // Not of the end: kernels before 6.10 don't acknowledge it.
    const answered = requests.length
    const messages = all.map(
      (request, index) => this.#encode(request, index === answered ? Flag.acknowledge : 0).bytes,
    )
    this.#sockets.send(this.#socket, concatenate(messages))
    let error: OpError | undefined
    for (;;) {
      for (const message of this.receive()) {
        const index = (message.sequence - first) >>> 0
        const request = all[index]
        if (request === undefined || message.type !== Control.error) continue
        error ??= refusal(request.operation, message)
        // What is said of the beginning is said of the whole: nobody waits for more.
        if (index !== answered && index !== 0) continue
        if (error !== undefined) throw error
        if (index === answered) return
      }
    }
  }

  /**
   * A request that is answered by one message: its payload.
   * @throws OpError if the kernel refuses
   */
  query(request: Request): Uint8Array {
    const [answer] = this.exchange(request, 0)
    if (answer === undefined)
      throw new NetlinkFormatError(`${request.operation}: an answer without content`, new Uint8Array())
    return answer.payload
  }

  /**
   * A request that the kernel acknowledges and, if it knows how (for links since Linux 6.2), repeats as it has carried
   * it out: that payload, undefined if it doesn't.
   *
   * @throws OpError if it refuses
   */
  executeEchoed(request: Request): Uint8Array | undefined {
    const [echo] = this.exchange(request, Flag.acknowledge | Flag.echo)
    return echo?.payload
  }

  /** Lets the kernel's announcements of that group come to this socket too. */
  join(group: number): void {
    this.#sockets.join(this.#socket, group)
  }

  /**
   * Sends requests in one datagram from a child process, which stays inside of the call: the sequence number of the last,
   * which alone is acknowledged. Of the others the kernel says nothing but what it refuses.
   */
  sendAside(requests: readonly Request[]): number {
    const encoded = requests.map((request, index) =>
      this.#encode(request, index === requests.length - 1 ? Flag.acknowledge : 0),
    )
    this.#sockets.sendAside(this.#socket, concatenate(encoded.map(({ bytes }) => bytes)))
    return encoded.at(-1)?.sequence ?? 0
  }

  /** The next messages from the kernel, whatever they are about. */
  receive(): readonly Message[] {
    return decodeMessages(this.#sockets.receive(this.#socket))
  }

  /**
   * A request with these flags: all messages that answer it, but the acknowledgement.
   *
   * @param most if there are more messages, it ends with a RangeError, and the rest of them stays unread: close the socket
   * @throws OpError if the kernel refuses
   */
  exchange(request: Request, flags: number, most = Infinity): readonly Message[] {
    const { sequence, bytes } = this.#encode(request, flags)
    this.#sockets.send(this.#socket, bytes)
    const answers: Message[] = []
    for (;;) {
      for (const message of this.receive()) {
        // Left over from a request that failed on our side.
        if (message.sequence !== sequence) continue
        if (message.type === Control.error) {
          throwIfRefused(request.operation, message)
          return answers
        }
        answers.push(message)
        if (answers.length > most) throw new RangeError(`${request.operation}: more than ${most}`)
        if (message.type === Control.done) {
          throwIfRefused(request.operation, message)
          return answers
        }
        if ((message.flags & Flag.multi) === 0 && (flags & Flag.acknowledge) === 0) return answers
      }
    }
  }

  #encode(request: Request, flags: number): { readonly sequence: number; readonly bytes: Uint8Array } {
    const sequence = this.#sequence
    this.#sequence = (sequence + 1) >>> 0
    const { type, payload } = request
    const requestFlags = Flag.request | flags | (request.flags ?? 0)
    return { sequence, bytes: encodeMessage({ type, flags: requestFlags, sequence, port: 0, payload }) }
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** @throws OpError if that message, an error or the end of a dump, says so */
export function throwIfRefused(operation: string, message: Message): void {
  const error = refusal(operation, message)
  if (error !== undefined) throw error
}

/** Both "error" and "done" begin with an error number: zero is an acknowledgement. */
function refusal(operation: string, message: Message): OpError | undefined {
  const { payload, flags, sequence } = message
  if (payload.length < 4) {
    if (message.type === Control.done) return undefined
    throw new NetlinkFormatError(`an error of ${payload.length} bytes`, payload)
  }
  const errno = -(readU32(payload) | 0)
  if (errno === 0) return undefined
  let kernelMessage: string | undefined
  let offset: number | undefined
  if (flags & extendedFlag) {
    const types = [ErrorAttribute.message, ErrorAttribute.offset]
    readAttributes(payload, { offset: extendedOffset(message), types }, (type, value) => {
      if (type === ErrorAttribute.message) kernelMessage = decodeText(value)
      else if (type === ErrorAttribute.offset) offset = readU32(value)
    })
  }
  return new OpError(operation, errno, { kernelMessage, offset, sequence })
}

function extendedOffset({ type, flags, payload }: Message): number {
  if (type === Control.done) return 4
  if (flags & cappedFlag || payload.length < 8) return 4 + requestHeaderLength
  return 4 + Math.max(readU32(payload.subarray(4)), requestHeaderLength)
}
