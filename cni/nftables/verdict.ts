import { type PayloadWriter, readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { readBe32 } from './message.ts'

/** What becomes of a packet: it ends here, or another chain decides. */
export type Verdict =
  | { readonly verdict: 'accept' | 'drop' | 'return' }
  /** `goto` does not come back. */
  | { readonly verdict: 'goto'; readonly chain: string }

/** NFTA_DATA_VERDICT. */
const verdictAttribute = 2
/** NFTA_VERDICT_*. */
const Attribute = { code: 1, chain: 2 } as const
/** NF_*, NFT_*. */
const codes = { drop: 0, accept: 1, goto: -4 >>> 0, return: -5 >>> 0 } as const

export function writeVerdict(writer: PayloadWriter, verdict: Verdict): void {
  writer.nested(verdictAttribute, () => {
    writer.attributeBe32(Attribute.code, codes[verdict.verdict])
    if (verdict.verdict === 'goto') writer.attributeText(Attribute.chain, verdict.chain)
  })
}

/**
 * Undefined for one that we never give.
 * @throws NetlinkFormatError
 */
export function readVerdict(bytes: Uint8Array): Verdict | undefined {
  let code = -1
  let chain = ''
  readAttributes(bytes, { offset: 0, types: [verdictAttribute] }, (_, content) => {
    readAttributes(content, { offset: 0, types: Object.values(Attribute) }, (type, value) => {
      if (type === Attribute.code) code = readBe32(value)
      else chain = decodeText(value)
    })
  })
  switch (code) {
    case codes.goto:
      return { verdict: 'goto', chain }
    case codes.accept:
      return { verdict: 'accept' }
    case codes.drop:
      return { verdict: 'drop' }
    case codes.return:
      return { verdict: 'return' }
    default:
      return undefined
  }
}
