import { Connection, type Request } from '../netlink/connection.ts'
import { dump } from '../netlink/dump.ts'
import { isOpError } from '../netlink/error.ts'
import { Errno, type Handle, type System } from '../sys.ts'
import { beginBatch, endBatch } from './batch.ts'
import { type Element, decodeElements, encodeNamedElements } from './element.ts'
import { decodeGeneration } from './generation.ts'
import { Family, NETLINK_NETFILTER, NftMessage, openPayload } from './message.ts'
import { inTurn, untilUndisturbed } from './turn.ts'

/** Our table, of the family `inet`. Others' tables are nothing to us. */
export const tableName = 'podway'

/** The packet filter of one network namespace, by its socket. Every refusal of the kernel is an OpError that says of what. */
export class Nftables {
  /** For what is not done in every ADD, and has files of its own. */
  readonly connection: Connection
  /** Lets go of the socket: for programs that stay. */
  readonly close: () => void
  /** The same for who ends soon, when something was taken away. The kernel has whoever closes a socket of the
   * packet filter wait until its memory is freed (nft_rcv_nl_event): 15 to 40 ms, in which nobody can change rules. */
  readonly closeAside: () => void
  readonly #system: System
  #isInTurn = false

  /** Opens a socket, in the namespace if one is given. */
  constructor(system: System, namespace?: Handle) {
    this.#system = system
    const [a = 0, b = 0, c = 0] = system.random(3)
    const socket = system.netlink.open(NETLINK_NETFILTER, namespace)
    this.connection = new Connection(system.netlink, socket, (a << 16) | (b << 8) | c)
    this.close = () => system.files.close(socket)
    this.closeAside = () => system.netlink.closeAside(socket)
  }

  /** Does the work while no other process of ours changes rules; see {@link inTurn}. Within such work, it is part of it. */
  inTurn<T>(work: () => T): T {
    if (this.#isInTurn) return work()
    this.#isInTurn = true
    try {
      return inTurn(this.#system, work)
    } finally {
      this.#isInTurn = false
    }
  }

  /** The same, for what reads before it changes: it begins again if others change rules in between. */
  undisturbed<T>(attempt: () => T): T {
    return this.inTurn(() => untilUndisturbed(this.#system, attempt))
  }

  /** Another number after each change of any rule in the namespace, whoever made it. */
  generation(): number {
    const payload = openPayload(Family.unspecified).finish()
    const request = { operation: 'read the generation of rules', type: NftMessage.getGeneration, payload }
    return decodeGeneration(this.connection.query(request))
  }

  /** Whether there is what the request asks for. To ask is cheap; a refused transaction has to wait for the kernel's RCU. */
  has(request: Request): boolean {
    try {
      this.connection.query(request)
      return true
    } catch (error) {
      if (isOpError(error, Errno.ENOENT)) return false
      throw error
    }
  }

  /** The elements of a set of our table, in no order; undefined if there is no such set, or no table. */
  elements(set: string): readonly Element[] | undefined {
    const operation = `list the elements of ${set}`
    const payload = encodeNamedElements(tableName, set)
    try {
      return dump(this.connection, { operation, type: NftMessage.getElements, payload }).flatMap(
        decodeElements,
      )
    } catch (error) {
      if (isOpError(error, Errno.ENOENT)) return undefined
      throw error
    }
  }

  /**
   * Makes all changes at once, or none.
   * @param generation - if given, only as long as that is the namespace's: else ERESTART
   * @throws OpError of the first change that the kernel refuses
   */
  commit(changes: readonly Request[], generation?: number): void {
    this.connection.transact(beginBatch(generation), changes, endBatch)
  }
}
