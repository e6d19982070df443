import type { KubeClient, KubeRequest } from '../kube/client.ts'

/** A write was about to be sent after the leader's term. */
export class NotLeadingError extends Error {
  readonly code = 'ERR_NOT_LEADING'
  override readonly name = 'NotLeadingError'

  constructor() {
    super('this program leads no more: nothing is written')
  }
}

/**
 * Keeps what is sent within a leader's term. A process that was stopped for a while gets to run what was due before the
 * timer that would tell it that its term is over: so each write asks, immediately before it is sent.
 */
export class Fence {
  readonly #writeTimeoutMs: number | undefined
  #isLeader = (): boolean => true

  /** @param options how long a write to the API server may take, at most; as the client says without it */
  constructor(options: { readonly writeTimeoutMs?: number } = {}) {
    this.#writeTimeoutMs = options.writeTimeoutMs
  }

  /** From now on only a leader may write. */
  arm(isLeader: () => boolean): void {
    this.#isLeader = isLeader
  }

  /** @throws NotLeadingError */
  readonly check = (): void => {
    if (!this.#isLeader()) throw new NotLeadingError()
  }

  /** The client, whose writes are let through only within the term, and are given up soon. What it reads harms nobody. */
  around(client: KubeClient): KubeClient {
    return {
      request: async (request) => {
        if (request.method === 'GET') return client.request(request)
        this.check()
        return client.request(this.#hurried(request))
      },
      watch: (path, query, signal) => client.watch(path, query, signal),
      close: () => client.close(),
    }
  }

  #hurried(request: KubeRequest): KubeRequest {
    const most = this.#writeTimeoutMs
    return most === undefined ? request : { ...request, timeoutMs: Math.min(request.timeoutMs ?? most, most) }
  }
}
