import { PayloadWriter, readAttributes, readU32 } from './attribute.ts'
import type { Request } from './connection.ts'
import { dump } from './dump.ts'
import { Flag } from './message.ts'
import { ControlAttribute, ingressHandle, textOf, writeControl } from './qdisc.ts'
import type { Rtnetlink } from './rtnetlink.ts'

/** Message types of filters (linux/rtnetlink.h). */
export const FilterMessage = { create: 44, get: 46 } as const

/** linux/pkt_cls.h, TCA_U32_* */
const MatchAttribute = { class: 1, selector: 5, actions: 7 } as const
/** linux/pkt_cls.h, TCA_ACT_* */
const ActionAttribute = { kind: 1, options: 2 } as const
/** linux/tc_act/tc_mirred.h, TCA_MIRRED_* */
const MirrorAttribute = { parameters: 2 } as const

/** ETH_P_ALL, in network byte order. */
const allProtocols = 0x0300
const priority = 1
/** `1:1`, which upstream gives. Nothing has such a class. */
const classId = 0x1_0001
/** TC_U32_TERMINAL: what matches is not matched further. */
const terminal = 1
/** TC_ACT_STOLEN: the packet is the action's, and goes no further here. */
const stolen = 4
/** TCA_EGRESS_REDIR: the packet leaves by another link. */
const redirectToEgress = 1

const structureLength = 20
/** struct tcf_t's general part, then `eaction`, then the index of the link. */
const targetOffset = 24

/**
 * Sends all that comes in by a link out by another one, of whatever protocol. By `u32`, which every kernel that upstream's
 * plugin works on has (`matchall` is a later one): one key without a bit to compare.
 */
export function encodeRedirect(index: number, target: number): Uint8Array {
  const writer = new PayloadWriter()
  const info = (priority << 16) | allProtocols
  writeControl(writer, { index, handle: 0, parent: ingressHandle, info })
  writer.attributeText(ControlAttribute.kind, 'u32')
  writer.nested(ControlAttribute.options, () => {
    writer.attributeU32(MatchAttribute.class, classId)
    writer.attribute(MatchAttribute.selector, () => {
      // struct tc_u32_sel: flags, shift, number of keys, padding, masks and offsets of a hash that there is none of.
      writer.octets(terminal, 0, 1, 0).u32(0).u32(0).u32(0)
      // struct tc_u32_key: mask, value, offset, mask of the offset.
      writer.u32(0).u32(0).u32(0).u32(0)
    })
    writer.nested(MatchAttribute.actions, () => {
      writer.nested(1, () => {
        writer.attributeText(ActionAttribute.kind, 'mirred')
        writer.nested(ActionAttribute.options, () => {
          writer.attribute(MirrorAttribute.parameters, () => {
            // struct tc_mirred: index, capabilities, verdict, two counters of references, action, link.
            writer.u32(0).u32(0).u32(stolen).u32(0).u32(0)
            writer.u32(redirectToEgress).u32(target)
          })
        })
      })
    })
  })
  return writer.finish()
}

/**
 * Where one filter of a link's entrance sends packets: the index of a link; undefined if it does something else. Only the
 * first action is looked at: what it redirects meets no other.
 *
 * @throws NetlinkFormatError
 */
export function decodeRedirect(payload: Uint8Array): number | undefined {
  const path: readonly (readonly [offset: number, type: number])[] = [
    [structureLength, ControlAttribute.options],
    [0, MatchAttribute.actions],
    [0, 1],
  ]
  let at: Uint8Array | undefined = payload
  for (const [offset, type] of path) at = at && find(at, offset, type)
  if (at === undefined) return undefined
  const kind = find(at, 0, ActionAttribute.kind)
  const options = find(at, 0, ActionAttribute.options)
  if (kind === undefined || options === undefined || textOf(kind) !== 'mirred') return undefined
  const parameters = find(options, 0, MirrorAttribute.parameters)
  if (parameters === undefined || readU32(parameters.subarray(20)) !== redirectToEgress) return undefined
  return readU32(parameters.subarray(targetOffset))
}

function find(bytes: Uint8Array, offset: number, wanted: number): Uint8Array | undefined {
  let found: Uint8Array | undefined
  readAttributes(bytes, { offset, types: [wanted] }, (_, value) => {
    found ??= value
  })
  return found
}

export const createRedirect = (operation: string, index: number, target: number): Request => ({
  operation,
  type: FilterMessage.create,
  flags: Flag.create | Flag.exclusive,
  payload: encodeRedirect(index, target),
})

/** Where the filters of a link's entrance send packets, in their order. */
export function listRedirects({ connection }: Rtnetlink, index: number): readonly number[] {
  const writer = new PayloadWriter()
  writeControl(writer, { index, handle: 0, parent: ingressHandle })
  const request = { operation: 'list filters', type: FilterMessage.get, payload: writer.finish() }
  return dump(connection, request)
    .map(decodeRedirect)
    .filter((target) => target !== undefined)
}
