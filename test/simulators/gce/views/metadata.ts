import { createHash } from 'node:crypto'
import type { Metadata } from '../state.ts'

/** Eight bytes, as the API has them. */
export const fingerprint = (of: string): string =>
  createHash('sha256').update(of).digest().subarray(0, 8).toString('base64')

export function metadataView(metadata: Metadata): object {
  const items = Object.entries(metadata).map(([key, value]) => ({ key, value }))
  return {
    kind: 'compute#metadata',
    fingerprint: fingerprint(JSON.stringify(items)),
    ...(items.length === 0 ? {} : { items }),
  }
}
