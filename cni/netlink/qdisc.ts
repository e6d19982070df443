import { PayloadWriter, readAttributes, readU32 } from './attribute.ts'
import type { Request } from './connection.ts'
import { dump } from './dump.ts'
import { NetlinkFormatError } from './error.ts'
import { Flag } from './message.ts'
import type { Rtnetlink } from './rtnetlink.ts'
import type { TokenBucket } from './token-bucket.ts'

/** Message types of queueing disciplines (linux/rtnetlink.h). */
export const QdiscMessage = { create: 36, delete: 37, get: 38 } as const

/** Where a discipline or filter hangs (linux/pkt_sched.h, TC_H_*). */
const Parent = { root: 0xffffffff, ingress: 0xfffffff1 } as const
/** `1:`, as upstream names it. */
const rootHandle = 0x1_0000
/** `ffff:`, the only one that the kernel has for it. */
export const ingressHandle = 0xffff_0000

/** Attributes of disciplines and filters (linux/rtnetlink.h, TCA_*). */
export const ControlAttribute = { kind: 1, options: 2 } as const
/** linux/pkt_sched.h, TCA_TBF_* */
const BucketAttribute = { parameters: 1, rate64: 4 } as const
/** Ethernet: a packet costs what it is long. The other kind are cells (linux/pkt_sched.h, TC_LINKLAYER_*). */
const ethernet = 1
const mostRate32 = 0xffffffff

const structureLength = 20

/** struct tcmsg: family, padding, index of the link, handle, parent, information. */
export function writeControl(
  writer: PayloadWriter,
  part: { readonly index: number; readonly handle: number; readonly parent: number; readonly info?: number },
): void {
  writer
    .u32(0)
    .u32(part.index)
    .u32(part.handle)
    .u32(part.parent)
    .u32(part.info ?? 0)
}

/**
 * A token bucket filter for what leaves by a link. No rate tables: kernels have computed it themselves since Linux 3.8.
 * A rate of 2³² bytes a second or more stands in an attribute of its own, behind the greatest that fits, as tc(8) has it.
 */
export function encodeTokenBucket(index: number, { rate, buffer, limit }: TokenBucket): Uint8Array {
  const writer = new PayloadWriter()
  writeControl(writer, { index, handle: rootHandle, parent: Parent.root })
  writer.attributeText(ControlAttribute.kind, 'tbf')
  writer.nested(ControlAttribute.options, () => {
    writer.attribute(BucketAttribute.parameters, () => {
      // struct tc_tbf_qopt: two struct tc_ratespec, the second for a peak that there is none of; limit, buffer, MTU.
      writer.octets(0, ethernet, 0, 0).u16(0).u16(0).u32(Math.min(rate, mostRate32))
      writer.u32(0).u32(0).u32(0)
      writer.u32(limit).u32(buffer).u32(0)
    })
    if (rate > mostRate32)
      writer.attribute(BucketAttribute.rate64, () =>
        writer.u32(rate % (mostRate32 + 1)).u32(Math.floor(rate / (mostRate32 + 1))),
      )
  })
  return writer.finish()
}

/** The place where filters see what comes in by a link. */
export function encodeIngress(index: number): Uint8Array {
  const writer = new PayloadWriter()
  writeControl(writer, { index, handle: ingressHandle, parent: Parent.ingress })
  return writer.attributeText(ControlAttribute.kind, 'ingress').finish()
}

/** Takes away the discipline at a link's root, or the one for what comes in. */
export function encodeDeleteQdisc(index: number, where: keyof typeof Parent): Uint8Array {
  const writer = new PayloadWriter()
  writeControl(writer, { index, handle: 0, parent: Parent[where] })
  return writer.finish()
}

/** A discipline of a link, as far as anybody here looks at it. */
export interface Qdisc {
  readonly index: number
  readonly kind: string
  /** At the link's root. */
  readonly isRoot: boolean
  /** Of a token bucket filter. */
  readonly bucket: TokenBucket | undefined
}

/** @throws NetlinkFormatError */
export function decodeQdisc(payload: Uint8Array): Qdisc {
  if (payload.length < structureLength)
    throw new NetlinkFormatError(`a discipline of ${payload.length} bytes`, payload)
  let kind = ''
  let options: Uint8Array | undefined
  const types = [ControlAttribute.kind, ControlAttribute.options]
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === ControlAttribute.options) options = value
    else kind = textOf(value)
  })
  return {
    index: readU32(payload.subarray(4)),
    kind,
    isRoot: readU32(payload.subarray(12)) === Parent.root,
    bucket: kind === 'tbf' && options !== undefined ? decodeBucket(options) : undefined,
  }
}

/** Names of disciplines and filters, which are ASCII. */
export const textOf = (value: Uint8Array): string =>
  String.fromCharCode(...value.filter((byte) => byte !== 0))

function decodeBucket(options: Uint8Array): TokenBucket | undefined {
  let [rate, limit, buffer] = [0, 0, 0]
  let rate64: number | undefined
  const types = [BucketAttribute.parameters, BucketAttribute.rate64]
  readAttributes(options, { offset: 0, types }, (type, value) => {
    if (type === BucketAttribute.rate64) {
      rate64 = readU32(value.subarray(4)) * (mostRate32 + 1) + readU32(value)
      return
    }
    rate = readU32(value.subarray(8))
    limit = readU32(value.subarray(24))
    buffer = readU32(value.subarray(28))
  })
  return { rate: rate64 ?? rate, limit, buffer }
}

/** All disciplines of a link: kernels tell those of all links, whatever is asked for. */
export function listQdiscs({ connection }: Rtnetlink, index: number): readonly Qdisc[] {
  const writer = new PayloadWriter()
  writeControl(writer, { index, handle: 0, parent: 0 })
  const request: Request = {
    operation: 'list disciplines',
    type: QdiscMessage.get,
    payload: writer.finish(),
  }
  return dump(connection, request)
    .map(decodeQdisc)
    .filter((qdisc) => qdisc.index === index)
}

export const createQdisc = (operation: string, payload: Uint8Array): Request => ({
  operation,
  type: QdiscMessage.create,
  flags: Flag.create | Flag.exclusive,
  payload,
})
