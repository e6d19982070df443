import { fetch } from 'undici'

/** Where the API servers of a cluster tell each other how far the history is compacted. */
const compactRevisionKey = 'compact_rev_key'

/**
 * Makes etcd forget every state before now, as an API server does every five minutes with what is older than that: first
 * it says so to the others, then it compacts.
 *
 * @param url etcd's client URL, whose gateway speaks JSON (api/etcdserverpb/rpc.proto)
 */
export async function compactHistory(url: string, signal: AbortSignal): Promise<void> {
  const { header } = await call<{ header: { revision: string } }>(url, 'kv/range', signal, {
    key: base64(compactRevisionKey),
  })
  const announced = await call<{ header: { revision: string } }>(url, 'kv/put', signal, {
    key: base64(compactRevisionKey),
    value: base64(header.revision),
  })
  await call(url, 'kv/compaction', signal, { revision: announced.header.revision })
}

async function call<T>(url: string, method: string, signal: AbortSignal, body: unknown): Promise<T> {
  const response = await fetch(`${url}/v3/${method}`, { method: 'POST', body: JSON.stringify(body), signal })
  const text = await response.text()
  if (!response.ok) throw new Error(`etcd answered ${response.status} to ${method}: ${text}`)
  return JSON.parse(text) as T
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
