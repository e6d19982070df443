import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import { sameTls, type TlsOptions } from './credentials.ts'

/** Calls and watches have connections of their own, so that open watches never use up those for calls. */
export interface Lanes {
  readonly calls: Dispatcher
  readonly watches: Dispatcher
}

/** How requests get to one API server. */
export interface Transport {
  /** The pools for these TLS settings. When they change, new requests take new connections, running ones end undisturbed. */
  lanes(tls: TlsOptions): Lanes
  /** Cuts all connections; requests that run fail. Idempotent. */
  close(): Promise<void>
}

/**
 * The connections to one API server: one pool for all calls, one connection a watch. client-node (2.0.1) makes a new agent,
 * and so a new connection, for every call (https://github.com/kubernetes-client/javascript/issues/2893).
 */
export class SocketTransport implements Transport {
  readonly #proxy: string | undefined
  readonly #maxConnections: number
  #tls: TlsOptions | undefined
  #lanes: Lanes | undefined
  /** Of earlier certificates; gone when their last request is answered. */
  readonly #retired = new Set<Dispatcher>()
  #closed = false

  constructor(proxy: string | undefined, maxConnections: number) {
    this.#proxy = proxy
    this.#maxConnections = maxConnections
  }

  lanes(tls: TlsOptions): Lanes {
    if (this.#closed) throw new Error('the Kubernetes client is closed')
    if (this.#lanes !== undefined && this.#tls !== undefined && sameTls(this.#tls, tls)) return this.#lanes
    if (this.#lanes !== undefined) this.#retire(this.#lanes)
    this.#tls = tls
    this.#lanes = {
      calls: this.#dispatcher(tls, { connections: this.#maxConnections }),
      watches: this.#dispatcher(tls, {}),
    }
    return this.#lanes
  }

  async close(): Promise<void> {
    this.#closed = true
    const all = [
      ...this.#retired,
      ...(this.#lanes === undefined ? [] : [this.#lanes.calls, this.#lanes.watches]),
    ]
    this.#lanes = undefined
    this.#retired.clear()
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()))
  }

  #retire(lanes: Lanes): void {
    for (const dispatcher of [lanes.calls, lanes.watches]) {
      this.#retired.add(dispatcher)
      const gone = (): void => void this.#retired.delete(dispatcher)
      dispatcher.close().then(gone, gone)
    }
  }

  #dispatcher(tls: TlsOptions, pool: { readonly connections?: number }): Dispatcher {
    const options = {
      ...pool,
      // One call on one connection: over HTTP/2 all would hang on a single one that died silently.
      allowH2: false,
      // Time limits are the caller's, by signal.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Longer than undici's 4 s, which is shorter than the pause between two batches of work.
      keepAliveTimeout: 30_000,
    }
    // TCP keep-alive from 30 s of idling on, as client-go: finds a dead peer, and keeps load balancers from forgetting us.
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 }
    return this.#proxy === undefined
      ? new Agent({ ...options, connect })
      : new ProxyAgent({ ...options, uri: this.#proxy, requestTls: connect })
  }
}
