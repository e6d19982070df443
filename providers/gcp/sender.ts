import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici'
import type { Fetch } from './transport.ts'

export interface Sender {
  readonly send: Fetch
  /** Lets go of its connections. */
  close(): Promise<void>
}

/** As many as the controller has workers for, and some: more connections would only wait at Google's rate. */
const maxConnections = 50

/** Sends over HTTP, by the proxies of the environment. */
export function openSender(): Sender {
  const agent = new EnvHttpProxyAgent({ connections: maxConnections, connect: { timeout: 2_000 } })
  const send = (url: string, init: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(url, { ...init, dispatcher: agent })
  return { send: send as unknown as Fetch, close: () => agent.close() }
}
