import { NetlinkFormatError } from './error.ts'

/** Bits of a message's `flags` (linux/netlink.h). */
export const Flag = {
  /** It is a request. */
  request: 0x1,
  /** One of several parts, up to a "done" message. */
  multi: 0x2,
  /** Answer even if all went well. */
  acknowledge: 0x4,
  /** Of a change: repeat it to the asker, as to those who listen. */
  echo: 0x8,
  /** Of a dump: the tables changed meanwhile. */
  dumpInterrupted: 0x10,
  /** Of a query: all entries. */
  dump: 0x300,
  /** Of a "new": it takes the place of what exists. Same bit as a part of `dump`, which only queries have. */
  replace: 0x100,
  /** Of a "new": it must not exist. Same bit as a part of `dump`, which only queries have. */
  exclusive: 0x200,
  /** Of a "new": create it if it does not exist. */
  create: 0x400,
  /** Of a "new": behind those that are there. */
  append: 0x800,
  /** Of a "delete": only if nothing is in it. Same bit as `replace`. */
  nonRecursive: 0x100,
} as const

/** Types of the control messages. */
export const Control = { noop: 1, error: 2, done: 3 } as const

export interface Header {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** Port of the other side: 0 is the kernel. */
  readonly port: number
}

/** One netlink message. The payload begins with the family's own structure. */
export interface Message extends Header {
  readonly payload: Uint8Array
}

const headerLength = 16

/** Where the next message or attribute begins: multiples of four bytes. */
export const align = (length: number): number => (length + 3) & ~3

/** Length, type, flags, sequence number, port, payload, padding. Little-endian, as all machines that we build for are. */
export function encodeMessage(message: Message): Uint8Array {
  const length = headerLength + message.payload.length
  const bytes = new Uint8Array(align(length))
  const header = new Uint32Array(bytes.buffer, 0, 4)
  header[0] = length
  header[1] = (message.flags << 16) | message.type
  header[2] = message.sequence
  header[3] = message.port
  bytes.set(message.payload, headerLength)
  return bytes
}

/**
 * The messages of one datagram.
 * @throws NetlinkFormatError where a length leads out of the datagram
 */
export function decodeMessages(bytes: Uint8Array): Message[] {
  const messages: Message[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  while (offset < bytes.length) {
    if (bytes.length - offset < headerLength)
      throw new NetlinkFormatError(`${bytes.length - offset} bytes are no header`, bytes, offset)
    const length = view.getUint32(offset, true)
    if (length < headerLength || offset + length > bytes.length)
      throw new NetlinkFormatError(
        `length ${length} where ${bytes.length - offset} bytes are left`,
        bytes,
        offset,
      )
    messages.push({
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + 8, true),
      port: view.getUint32(offset + 12, true),
      payload: bytes.subarray(offset + headerLength, offset + length),
    })
    offset += align(length)
  }
  return messages
}
