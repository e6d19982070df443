import { type Address, addressFromBytes } from '../../net/address.ts'
import { NetlinkFormatError } from './error.ts'
import { align } from './message.ts'
import { encodeUtf8 } from '../text.ts'

const headerLength = 4
/** The two highest bits of a type are flags: "nested" and "network byte order". */
const typeMask = 0x3fff
const nestedFlag = 0x8000

/** Writes a payload: a family's structure, then attributes. Every attribute begins at a multiple of four bytes. */
export class PayloadWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  u16(value: number): this {
    this.#reserve(2)
    this.#view.setUint16(this.#length, value, true)
    this.#length += 2
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** An attribute with what `content` writes. */
  attribute(type: number, content: (writer: this) => void): this {
    this.#pad()
    const start = this.#length
    this.u16(0).u16(type)
    content(this)
    this.#view.setUint16(start, this.#length - start, true)
    return this
  }

  /** An attribute of attributes. */
  nested(type: number, content: (writer: this) => void): this {
    return this.attribute(type | nestedFlag, content)
  }

  attributeU32(type: number, value: number): this {
    const at = this.#open(type, 4)
    this.#view.setUint32(at, value, true)
    return this
  }

  /** A number in network byte order, as nf_tables has them all. */
  attributeBe32(type: number, value: number): this {
    const at = this.#open(type, 4)
    this.#view.setUint32(at, value)
    return this
  }

  attributeBytes(type: number, bytes: Uint8Array): this {
    const at = this.#open(type, bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** Text with the NUL that the kernel wants behind it. */
  attributeText(type: number, text: string): this {
    // Nearly all are names in ASCII, and to make other bytes of them first would take half of an ADD's time for rules.
    for (let i = 0; i < text.length; i++)
      if (text.charCodeAt(i) > 0x7f) return this.attribute(type, () => this.raw(encodeUtf8(text)).u8(0))
    let at = this.#open(type, text.length + 1)
    for (let i = 0; i < text.length; i++) this.#bytes[at++] = text.charCodeAt(i)
    return this
  }

  finish(): Uint8Array {
    this.#pad()
    return this.#bytes.slice(0, this.#length)
  }

  /** Begins an attribute with room for a value of that length: where that goes. The buffer may be another one then. */
  #open(type: number, length: number): number {
    this.#pad()
    const whole = headerLength + length
    this.#reserve(whole)
    const start = this.#length
    this.#view.setUint16(start, whole, true)
    this.#view.setUint16(start + 2, type, true)
    this.#length = start + whole
    return start + headerLength
  }

  #pad(): void {
    const length = align(this.#length)
    this.#reserve(length - this.#length)
    this.#length = length
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const bytes = new Uint8Array(2 * (this.#length + more))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

/**
 * Calls `visit` with each attribute from `offset` on that has one of the types: the type (without flags) and the value.
 * The kernel tells forty things of a link, and to look at one costs more than to pass it by.
 *
 * @throws NetlinkFormatError where a length leads out of the bytes
 */
export function readAttributes(
  bytes: Uint8Array,
  { offset, types }: { readonly offset: number; readonly types: readonly number[] },
  visit: (type: number, value: Uint8Array) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length
  let at = offset
  while (at + headerLength <= end) {
    const length = view.getUint16(at, true)
    if (length < headerLength || at + length > end)
      throw new NetlinkFormatError(
        `attribute of length ${length} where ${end - at} bytes are left`,
        bytes,
        at,
      )
    const type = view.getUint16(at + 2, true) & typeMask
    if (types.includes(type)) visit(type, bytes.subarray(at + headerLength, at + length))
    at += (length + 3) & ~3
  }
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
