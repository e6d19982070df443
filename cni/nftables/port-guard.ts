import type { Request } from '../netlink/connection.ts'
import { dump } from '../netlink/dump.ts'
import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { HookNumber } from './chain.ts'
import { addRule, askForSet, createChain, createTable, deleteChain, deleteTable } from './changes.ts'
import { addElements, deleteElements } from './element-changes.ts'
import { type Element, decodeElements, encodeNamedElements } from './element.ts'
import { Family, NftMessage, openPayload } from './message.ts'
import { type Nftables, tableName } from './nftables.ts'
import { counted, decide, goto } from './steps.ts'
import { Flag } from '../netlink/message.ts'
import type { Rule } from './rule.ts'

/**
 * A port of a bridge, and the only hardware address that frames from it may have.
 *
 * The table is `bridge podway`: a map leads from each port to a chain of its own, so that a frame costs the same with one
 * pod as with hundreds. What comes by another port is not looked at.
 */
export interface GuardedPort {
  readonly index: number
  readonly mac: Uint8Array
  /** Whose it is. */
  readonly comment: string
}

const [map, baseChain] = ['pod-ports', 'mac-guard']
/** Before all others: what is dropped here is nobody's business. */
const priority = -300

/** How often it looks again at what there is. */
const attempts = 10

/** NFTA_SET_*; NFT_SET_MAP; what nft calls iface_index; NFT_DATA_VERDICT, with the length of a register. */
const SetAttribute = {
  table: 1,
  name: 2,
  flags: 3,
  keyType: 4,
  keyLength: 5,
  dataType: 6,
  dataLength: 7,
  id: 10,
} as const
const [mapFlag, portKey, verdict] = [8, { type: 20, length: 4 }, { type: 0xffffff00, length: 16 }] as const
/** NFT_META_IIF, NFT_PAYLOAD_LL_HEADER; the source behind the destination in an Ethernet header. */
const [inputInterface, linkHeader] = [4, 0]
const source = { offset: 6, length: 6 } as const

/** The first byte of each message is the family of its table. */
const ofBridges = (request: Request): Request => {
  const payload = request.payload.slice()
  payload[0] = Family.bridge
  return { ...request, payload }
}

const createMap: Request = {
  operation: `create map ${map}`,
  type: NftMessage.newSet,
  flags: Flag.create,
  payload: openPayload()
    .attributeText(SetAttribute.table, tableName)
    .attributeText(SetAttribute.name, map)
    .attributeBe32(SetAttribute.flags, mapFlag)
    .attributeBe32(SetAttribute.keyType, portKey.type)
    .attributeBe32(SetAttribute.keyLength, portKey.length)
    .attributeBe32(SetAttribute.dataType, verdict.type)
    .attributeBe32(SetAttribute.dataLength, verdict.length)
    .attributeBe32(SetAttribute.id, 1)
    .finish(),
}

/** What all guarded ports share. */
const foundation: readonly Request[] = [
  createTable,
  createMap,
  createChain({ name: baseChain, hook: { type: 'filter', number: HookNumber.prerouting, priority } }),
  addRule(baseChain, [
    { step: 'meta', key: inputInterface },
    { step: 'lookup', set: map, inverted: false, decides: true },
  ]),
].map(ofBridges)

const chainOf = (index: number): string => `pod-port-${index}`

/** A number as the processor has it: little-endian, as all machines that we build for are. */
const keyOf = (index: number): Uint8Array => new Uint8Array(Uint32Array.of(index).buffer)

const indexOf = ({ key }: Element): number => new DataView(key.buffer, key.byteOffset).getUint32(0, true)

function additions({ index, mac, comment }: GuardedPort): readonly Request[] {
  const foreign: Rule = [
    { step: 'payload', base: linkHeader, ...source },
    { step: 'compare', equal: false, value: mac },
    counted,
    decide('drop'),
  ]
  const chain = chainOf(index)
  const element = { key: keyOf(index), isEnd: false, verdict: goto(chain), comment }
  return [createChain({ name: chain }), addRule(chain, foreign), ...addElements(map, [element])].map(
    ofBridges,
  )
}

/** From now on, frames that come by the port under another hardware address are dropped. */
export function guardPort(nftables: Nftables, port: GuardedPort): void {
  nftables.inTurn(() => {
    for (let attempt = 1; ; attempt++) {
      // All of it is made, and goes, at once.
      const isFirst = !nftables.has(ofBridges(askForSet(map)))
      try {
        nftables.commit([...(isFirst ? foundation : []), ...additions(port)])
        return
      } catch (error) {
        // Somebody has come between who does not wait for his turn.
        if (!isOpError(error, isFirst ? Errno.EEXIST : Errno.ENOENT) || attempt === attempts) throw error
      }
    }
  })
}

/** The guarded ports: undefined if there never was one. */
export function guardedPorts(
  nftables: Nftables,
): readonly { readonly index: number; readonly comment: string | undefined }[] | undefined {
  const operation = `list the elements of ${map}`
  const request = { operation, type: NftMessage.getElements, payload: encodeNamedElements(tableName, map) }
  try {
    return dump(nftables.connection, ofBridges(request))
      .flatMap(decodeElements)
      .map((element) => ({ index: indexOf(element), comment: element.comment }))
  } catch (error) {
    if (isOpError(error, Errno.ENOENT)) return undefined
    throw error
  }
}

/** Ends it for the ports whose comments the function knows; with the last one, all of it goes. Returns whether there were any. */
export function releasePorts(nftables: Nftables, isGone: (comment: string) => boolean): boolean {
  return nftables.undisturbed(() => {
    const generation = nftables.generation()
    const ports = guardedPorts(nftables)
    const gone = ports?.filter(({ comment }) => comment !== undefined && isGone(comment)) ?? []
    if (gone.length === 0) return false
    const changes =
      gone.length === ports?.length
        ? [deleteTable]
        : [
            ...deleteElements(
              map,
              gone.map(({ index }) => ({ key: keyOf(index), isEnd: false })),
            ),
            ...gone.map(({ index }) => deleteChain(chainOf(index))),
          ]
    nftables.commit(changes.map(ofBridges), generation)
    return true
  })
}
