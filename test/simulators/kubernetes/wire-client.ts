import { Agent, fetch } from 'undici'
import type { JsonObject } from './json.ts'

/** An API server that tests talk to: the simulator, or a real one. */
export interface ApiTarget {
  readonly url: string
  readonly token?: string
}

export interface WireReply {
  readonly status: number
  readonly headers: Headers
  /** undefined if the body is no JSON. */
  readonly body: JsonObject
  readonly text: string
}

/** A plain HTTP client without any knowledge of Kubernetes; certificates are not checked. */
export class WireClient {
  readonly #target: ApiTarget
  readonly #agent = new Agent({ connect: { rejectUnauthorized: false }, keepAliveTimeout: 1000 })

  constructor(target: ApiTarget) {
    this.#target = target
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }

  async call(
    method: string,
    path: string,
    body?: JsonObject | readonly JsonObject[] | string,
    contentType = 'application/json',
  ): Promise<WireReply> {
    const response = await fetch(this.#target.url + path, {
      method,
      dispatcher: this.#agent,
      headers: { ...this.#authorization(), ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json') === true
    return {
      status: response.status,
      headers: response.headers as unknown as Headers,
      body: json ? (JSON.parse(text) as JsonObject) : {},
      text,
    }
  }

  get = (path: string): Promise<WireReply> => this.call('GET', path)
  post = (path: string, body: JsonObject | string): Promise<WireReply> => this.call('POST', path, body)
  put = (path: string, body: JsonObject): Promise<WireReply> => this.call('PUT', path, body)
  delete = (path: string, body?: JsonObject): Promise<WireReply> => this.call('DELETE', path, body)
  mergePatch = (path: string, body: JsonObject): Promise<WireReply> =>
    this.call('PATCH', path, body, 'application/merge-patch+json')
  strategicPatch = (path: string, body: JsonObject): Promise<WireReply> =>
    this.call('PATCH', path, body, 'application/strategic-merge-patch+json')
  jsonPatch = (path: string, body: readonly JsonObject[]): Promise<WireReply> =>
    this.call('PATCH', path, body, 'application/json-patch+json')

  /** Opens a watch and returns once its head has arrived. */
  async watch(path: string): Promise<WireWatch> {
    const abort = new AbortController()
    const response = await fetch(this.#target.url + path, {
      dispatcher: this.#agent,
      headers: this.#authorization(),
      signal: abort.signal,
    })
    if (response.status !== 200 || response.body === null)
      throw new Error(`watch answered ${response.status}: ${await response.text()}`)
    return new WireWatch(response.body, abort)
  }

  #authorization(): Record<string, string> {
    const { token } = this.#target
    return token === undefined ? {} : { authorization: `Bearer ${token}` }
  }
}

export interface WireEvent {
  readonly type: string
  readonly object: JsonObject
}

/** The events of one watch, read one at a time. */
export class WireWatch {
  readonly #lines: AsyncIterator<string>
  readonly #abort: AbortController

  constructor(body: AsyncIterable<Uint8Array>, abort: AbortController) {
    this.#lines = linesOf(body)
    this.#abort = abort
  }

  /** The next event; undefined when the server ends the watch. Rejects if the connection is cut. */
  async next(): Promise<WireEvent | undefined> {
    const line = await this.#lines.next()
    return line.done === true ? undefined : (JSON.parse(line.value) as WireEvent)
  }

  /** `TYPE name` of so many events. */
  async summary(count: number): Promise<string[]> {
    const seen: string[] = []
    while (seen.length < count) {
      const event = await this.next()
      if (event === undefined) return [...seen, 'END']
      const metadata = event.object.metadata as JsonObject | undefined
      const name = metadata?.name
      seen.push(typeof name === 'string' ? `${event.type} ${name}` : event.type)
    }
    return seen
  }

  close(): void {
    this.#abort.abort()
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end)
      rest = rest.slice(end + 1)
      if (line !== '') yield line
    }
  }
}
