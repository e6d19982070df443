import { expect } from 'vitest'
import { type JsonObject, listAt, textAt } from '../json.ts'
import type { WireClient } from '../wire-client.ts'

export const NODES = '/api/v1/nodes'
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
export const CORE_EVENTS = '/api/v1/namespaces/default/events'
export const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events'
export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** What all cases share: a client of the API server under test, and names that no other case uses. */
export class ApiFixture {
  #client: WireClient | undefined
  #counter = 0

  get client(): WireClient {
    if (this.#client === undefined) throw new Error('the API server is not started')
    return this.#client
  }

  connect(client: WireClient): void {
    this.#client = client
  }

  fresh(stem: string): string {
    return `${stem}-${(++this.#counter).toString(36)}-${process.pid.toString(36)}`
  }

  async node(spec: JsonObject = {}, metadata: JsonObject = {}): Promise<JsonObject> {
    const reply = await this.client.post(NODES, { metadata: { name: this.fresh('node'), ...metadata }, spec })
    expect(reply.status, reply.text).toBe(201)
    return reply.body
  }
}

/** The path of a Node. */
export const pathOf = (node: JsonObject): string => `${NODES}/${textAt(node, 'metadata', 'name')}`

export const revision = (object: JsonObject): string => textAt(object, 'metadata', 'resourceVersion')

export const names = (list: JsonObject): string[] =>
  listAt(list, 'items').map((item) => textAt(item, 'metadata', 'name'))

/** What a client decides by when it is refused. */
export const failure = (body: JsonObject): JsonObject => ({
  code: body.code ?? null,
  reason: body.reason ?? null,
  message: body.message ?? null,
})
