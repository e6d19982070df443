import type { Address } from '../net/address.ts'
import type { ExaminedNode } from './examined.ts'
import type { Finding } from './finding.ts'

/** A packet on its way through the cloud, from a Node's interface on. */
export interface CloudPacket {
  readonly source: Address
  readonly destination: Address
  readonly from: ExaminedNode
  /** Where the destination is; undefined: on no Node of the cluster. */
  readonly to: ExaminedNode | undefined
  /** Hardware address of the interface by which the packet leaves; undefined: not known, so the primary one is taken. */
  readonly mac: string | undefined
}

/**
 * Says what becomes of the packet in the cloud, step by step as it meets them. It writes nothing.
 * @throws ProviderError for what is no refusal
 */
export type ExplainWay = (packet: CloudPacket, signal: AbortSignal) => Promise<readonly Finding[]>
