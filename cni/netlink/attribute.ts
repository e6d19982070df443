import { type Address, addressFromBytes } from '../../net/address.ts'
import { NetlinkFormatError } from './error.ts'
import { align } from './message.ts'
import { encodeUtf8 } from '../text.ts'

const headerLength = 4
/** The two highest bits of a type are flags: "nested" and "network byte order". */
const typeMask = 0x3fff
const nestedFlag = 0x8000

/**
 * Writes a payload: a family's structure, then attributes. Every attribute begins at a multiple of four bytes.
 *
 * Most of what an ADD's scripts do is this. In the engine, to store an element of a typed array costs a fifth of a call
 * of DataView, so numbers are stored as whole words: little-endian, as all machines are that we build for.
 */
export class PayloadWriter {
  #bytes = new Uint8Array(256)
  #words = new Uint32Array(this.#bytes.buffer)
  #length = 0

  u8(value: number): this {
    const at = this.#take(1)
    this.#bytes[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.#take(2)
    this.#bytes[at] = value
    this.#bytes[at + 1] = value >>> 8
    return this
  }

  u32(value: number): this {
    const at = this.#take(4)
    if ((at & 3) === 0) this.#words[at >>> 2] = value
    else for (let i = 0; i < 4; i++) this.#bytes[at + i] = value >>> (8 * i)
    return this
  }

  /** Four numbers of eight bits. */
  octets(a: number, b: number, c: number, d: number): this {
    return this.u32((d << 24) | (c << 16) | (b << 8) | a)
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** An attribute with what `content` writes. */
  attribute(type: number, content: (writer: this) => void): this {
    const start = this.#open(type, 0) - headerLength
    content(this)
    const length = this.#length - start
    this.#bytes[start] = length
    this.#bytes[start + 1] = length >>> 8
    return this
  }

  /** An attribute of attributes. */
  nested(type: number, content: (writer: this) => void): this {
    return this.attribute(type | nestedFlag, content)
  }

  attributeU32(type: number, value: number): this {
    const at = this.#open(type, 4)
    this.#words[at >>> 2] = value
    return this
  }

  /** A number in network byte order, as nf_tables has them all. */
  attributeBe32(type: number, value: number): this {
    const at = this.#open(type, 4)
    this.#words[at >>> 2] =
      (value >>> 24) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff0000) | (value << 24)
    return this
  }

  attributeBytes(type: number, bytes: Uint8Array): this {
    const at = this.#open(type, bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** Text with the NUL that the kernel wants behind it. */
  attributeText(type: number, text: string): this {
    // Nearly all are names in ASCII: as long as there are characters.
    const before = this.#length
    let at = this.#open(type, text.length + 1)
    const bytes = this.#bytes
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        bytes.fill(0, before, at)
        this.#length = before
        return this.attribute(type, () => this.raw(encodeUtf8(text)).u8(0))
      }
      bytes[at++] = code
    }
    return this
  }

  /** What was written. Nothing can be written any more: it is not copied. */
  finish(): Uint8Array {
    this.#take(align(this.#length) - this.#length)
    return new Uint8Array(this.#bytes.buffer, 0, this.#length)
  }

  /** Begins an attribute with room for a value of that length: where that goes. The buffer may be another one then. */
  #open(type: number, length: number): number {
    const start = (this.#length + 3) & ~3
    const whole = headerLength + length
    this.#length = start + whole
    if (this.#length > this.#bytes.length) this.#grow()
    this.#words[start >>> 2] = (type << 16) | whole
    return start + headerLength
  }

  /** Where the next bytes go. */
  #take(length: number): number {
    const at = this.#length
    this.#length = at + length
    if (this.#length > this.#bytes.length) this.#grow()
    return at
  }

  #grow(): void {
    const bytes = new Uint8Array(align(2 * this.#length))
    bytes.set(this.#bytes)
    this.#bytes = bytes
    this.#words = new Uint32Array(bytes.buffer)
  }
}

/**
 * Calls `visit` with each attribute from `offset` on, a multiple of two, that has one of the types: the type (without
 * flags) and the value. The kernel tells forty things of a link, and to look at one costs more than to pass it by.
 *
 * @throws NetlinkFormatError where a length leads out of the bytes
 */
export function readAttributes(
  bytes: Uint8Array,
  { offset, types }: { readonly offset: number; readonly types: readonly number[] },
  visit: (type: number, value: Uint8Array) => void,
): void {
  const halves = toHalves(bytes)
  const end = bytes.length
  // A bit for each of the types below 32, as nearly all are.
  let [low, others] = [0, false]
  for (const type of types) {
    if (type < 32) low |= 1 << type
    else others = true
  }
  let at = offset
  while (at + headerLength <= end) {
    const length = halves[at >>> 1] ?? 0
    if (length < headerLength || at + length > end)
      throw new NetlinkFormatError(
        `attribute of length ${length} where ${end - at} bytes are left`,
        bytes,
        at,
      )
    const type = (halves[(at >>> 1) + 1] ?? 0) & typeMask
    if (type < 32 ? (low >>> type) & 1 : others && types.includes(type))
      visit(type, bytes.subarray(at + headerLength, at + length))
    at += (length + 3) & ~3
  }
}

/** The bytes as numbers of sixteen bits. */
function toHalves(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, length } = (bytes.byteOffset & 1) === 0 ? bytes : bytes.slice()
  return new Uint16Array(buffer, byteOffset, length >>> 1)
}

/**
 * The number in an attribute's value.
 * @throws NetlinkFormatError if it is shorter than four bytes
 */
export function readU32(value: Uint8Array): number {
  if (value.length < 4) throw new NetlinkFormatError(`${value.length} bytes are no 32-bit number`, value)
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0, true)
}

/**
 * The IP address in an attribute's value.
 * @throws NetlinkFormatError if it has another length than those
 */
export function readAddress(value: Uint8Array): Address {
  if (value.length !== 4 && value.length !== 16)
    throw new NetlinkFormatError(`${value.length} bytes are no address`, value)
  return addressFromBytes(value)
}
