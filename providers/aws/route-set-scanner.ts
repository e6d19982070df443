import type { Route } from '@aws-sdk/client-ec2'
import type { RouteRows } from './route-rows.ts'

const opening = Buffer.from('<routeSet>')
const closing = Buffer.from('</routeSet>')
const itemEnd = Buffer.from('</item>')

/**
 * Takes the routes out of an answer to DescribeRouteTables while it arrives, in pieces of any size. What remains is the
 * document without them: each set holds one placeholder, whose DestinationPrefixListId is the set's number.
 */
export class RouteSetScanner {
  readonly #rows: RouteRows
  readonly #sets: Route[][] = []
  readonly #rest: Buffer[] = []
  /** What can't be told yet: a tag or an item may be cut anywhere. */
  #pending: Buffer = Buffer.alloc(0)
  #set: Route[] | undefined

  constructor(rows: RouteRows) {
    this.#rows = rows
  }

  /** The sets that have begun, in the order of the document. */
  get sets(): readonly (readonly Route[])[] {
    return this.#sets
  }

  push(piece: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, piece])
    while (this.#set === undefined ? this.#skip() : this.#takeItem(this.#set)) continue
  }

  /** The document without the routes, once all of it was pushed; a torn one stays torn. */
  rest(): Buffer {
    return Buffer.concat([...this.#rest, this.#pending])
  }

  /** To the next set. False if more has to come first. */
  #skip(): boolean {
    const at = this.#pending.indexOf(opening)
    if (at < 0) {
      this.#rest.push(this.#take(Math.max(0, this.#pending.length - opening.length + 1)))
      return false
    }
    this.#rest.push(this.#take(at + opening.length), Buffer.from(placeholder(this.#sets.length)))
    this.#set = []
    this.#sets.push(this.#set)
    return true
  }

  /** The set's next route, or its end. */
  #takeItem(set: Route[]): boolean {
    const tag = this.#pending.indexOf('<')
    if (tag < 0 || this.#pending.length - tag < closing.length) return false
    if (this.#pending.subarray(tag, tag + closing.length).equals(closing)) {
      this.#take(tag)
      this.#set = undefined
      return true
    }
    const end = this.#pending.indexOf(itemEnd)
    if (end < 0) return false
    set.push(this.#rows.read(this.#take(end + itemEnd.length).toString()))
    return true
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length)
    this.#pending = this.#pending.subarray(length)
    return taken
  }
}

const placeholder = (set: number): string =>
  `<item><destinationPrefixListId>${set}</destinationPrefixListId></item>`
