import type { Simulator, SimulatorReply, SimulatorRequest } from '../simulator.ts'
import type { Call } from './calls.ts'
import { settleDefinitions } from './definitions.ts'
import { deleteCollection, deleteObject } from './deletes.ts'
import { discover } from './discovery.ts'
import { type Fault, Faults, faultStatus } from './faults.ts'
import { Identity } from './identity.ts'
import type { JsonObject } from './json.ts'
import { listObjects } from './list.ts'
import { Registry } from './registry.ts'
import { json, plain, warningHeader } from './replies.ts'
import { readTarget, type RequestTarget } from './request-target.ts'
import {
  failure,
  methodNotAllowed,
  Refusal,
  unauthorized,
  unknownPath,
  unsupportedMediaType,
} from './status.ts'
import { Store, type StoreEvent } from './store.ts'
import { systemTimers, type Timers } from './timers.ts'
import { openWatch } from './watch.ts'
import { Watches } from './watches.ts'
import {
  createObject,
  patchObject,
  readObject,
  updateObject,
  timestamp,
  type WriteContext,
} from './writes.ts'

export interface KubernetesSimulatorOptions {
  /** Requests must carry this bearer token; no authentication if not given. */
  readonly token?: string
  /** Ends watches at their timeoutSeconds and sends the periodic bookmarks. The system's timers if not given. */
  readonly timers?: Timers
  /** Milliseconds between bookmarks on a watch that allows them: 60 000 as in the API server if not given. */
  readonly bookmarkInterval?: number
  /** How many changes stay in the history before older ones are compacted: 100 000 if not given. */
  readonly historyLimit?: number
}

/**
 * The parts of the Kubernetes API server that are used here, behaving as kube-apiserver 1.36 does: core/v1 nodes,
 * namespaces, configmaps and events, the same events in events.k8s.io/v1, coordination.k8s.io/v1 leases,
 * CustomResourceDefinitions and what they define, discovery and health; and, taken as they come, pods, daemonsets,
 * deployments and networkpolicies. No managedFields, no server-side apply, no controllers, no garbage collector.
 */
export interface KubernetesSimulator extends Simulator {
  readonly faults: Faults
  readonly watches: Watches
  /** Every request so far, in order of arrival. */
  readonly calls: readonly Call[]
  forgetCalls(): void
  /** The resourceVersion of the last change. */
  readonly resourceVersion: string
  /** Calls back on every later change, synchronously and in order, until the returned function is called. */
  listen(listener: (event: StoreEvent) => void): () => void
  /** Forgets the history: older watches and continue tokens get 410. */
  compact(): void
  /** Ends all watches and their timers. Later watches end at once. Idempotent. */
  close(): void
}

type Request = Omit<Call, 'status'>

interface Answer {
  readonly status: number
  readonly body: JsonObject | string
}

const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

/** Deterministic: uids and generated names count up, times come with the requests. */
export function createKubernetesSimulator(options: KubernetesSimulatorOptions = {}): KubernetesSimulator {
  return new Server(options)
}

class Server implements KubernetesSimulator {
  readonly faults = new Faults()
  readonly watches = new Watches()
  readonly #options: KubernetesSimulatorOptions
  readonly #timers: Timers
  readonly #store: Store
  readonly #registry = new Registry()
  readonly #calls: Call[] = []
  readonly #identity = new Identity()
  #started = false
  #closed = false

  constructor(options: KubernetesSimulatorOptions) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#store = new Store(options.historyLimit ?? 100_000)
  }

  get calls(): readonly Call[] {
    return this.#calls
  }

  get resourceVersion(): string {
    return String(this.#store.revision)
  }

  forgetCalls(): void {
    this.#calls.length = 0
  }

  listen(listener: (event: StoreEvent) => void): () => void {
    return this.#store.listen(listener)
  }

  compact(): void {
    this.#store.compact()
  }

  close(): void {
    this.#closed = true
    this.watches.cut('end')
  }

  handle(raw: SimulatorRequest, now: number): SimulatorReply {
    this.#start(now)
    const url = urlOf(raw.target)
    const target: RequestTarget =
      url === undefined ? { kind: 'other' } : readTarget(this.#registry, raw.method, url)
    const request = describe(raw, url, target, now)
    const fault = this.faults.take(request)
    const reply = this.#answer(raw, request, target, url, fault)
    this.#calls.push({ ...request, status: 'status' in reply ? reply.status : reply.kind })
    return reply
  }

  #answer(
    raw: SimulatorRequest,
    request: Request,
    target: RequestTarget,
    url: URL | undefined,
    fault: Fault | undefined,
  ): SimulatorReply {
    if (fault?.kind === 'reset') return { kind: 'reset' }
    if (fault?.kind === 'hang') return { kind: 'hang' }
    if (fault?.kind === 'status') {
      const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
      return json(fault.code, faultStatus(fault), retryAfter)
    }
    const warnings: string[] = []
    try {
      const { token } = this.#options
      if (token !== undefined && raw.headers.authorization !== `Bearer ${token}`) throw unauthorized()
      if (target.kind === 'resource' && target.verb === 'watch' && url !== undefined)
        return this.#watch(target, request, url, fault)
      const answer = this.#respond(raw, request, target, url, warnings)
      if (fault?.kind === 'reset-after-handling') return { kind: 'reset' }
      if (typeof answer.body === 'string') return plain(answer.status, answer.body)
      if (fault?.kind === 'short-list') return json(answer.status, shortened(answer.body))
      return json(answer.status, answer.body, warningHeader(warnings))
    } catch (error) {
      if (error instanceof Refusal) return json(error.code, error.status, error.headers)
      const message = `Internal error occurred: ${error instanceof Error ? error.message : 'unknown'}`
      return json(500, failure(500, 'InternalError', message))
    }
  }

  #respond(
    raw: SimulatorRequest,
    request: Request,
    target: RequestTarget,
    url: URL | undefined,
    warnings: string[],
  ): Answer {
    switch (target.kind) {
      case 'resource':
        return this.#serve(raw, request, target, url?.searchParams ?? new URLSearchParams(), warnings)
      case 'method-not-allowed':
        throw methodNotAllowed()
      case 'unknown-resource':
        throw unknownPath()
      case 'other': {
        const found = url === undefined ? undefined : discover(this.#registry, url.pathname)
        return found === undefined
          ? { status: 404, body: '404 page not found\n' }
          : { status: 200, body: found }
      }
    }
  }

  #serve(
    raw: SimulatorRequest,
    request: Request,
    target: Extract<RequestTarget, { kind: 'resource' }>,
    query: URLSearchParams,
    warnings: string[],
  ): Answer {
    const { type, verb, namespace, name } = target
    const part = target.subresource === 'status' ? 'status' : 'main'
    const context: WriteContext = {
      store: this.#store,
      type,
      namespace,
      now: request.time,
      fieldValidation: query.get('fieldValidation') ?? 'Warn',
      dryRun: query.get('dryRun') === 'All',
      nextUid: () => this.#identity.nextUid(),
      nextSuffix: () => this.#identity.nextSuffix(),
      warn: (text) => warnings.push(text),
    }
    switch (verb) {
      case 'get':
        return { status: 200, body: readObject(this.#store, type, namespace, name) }
      case 'list':
      case 'watch':
        return { status: 200, body: listObjects(this.#store, type, namespace, query) }
      case 'create':
        refuseForeignBody(request.contentType)
        return this.#settled(request.time, createObject(context, raw.body))
      case 'update':
        refuseForeignBody(request.contentType)
        return this.#settled(request.time, updateObject(context, name, part, raw.body))
      case 'patch':
        return this.#settled(request.time, patchObject(context, name, part, request.contentType, raw.body))
      case 'delete':
        return this.#settled(request.time, { status: 200, object: deleteObject(context, name, raw.body) })
      case 'deletecollection':
        return this.#settled(request.time, { status: 200, object: deleteCollection(context, query) })
    }
  }

  #settled(now: number, result: { readonly status: number; readonly object: JsonObject }): Answer {
    for (const { group, plural } of settleDefinitions(this.#store, this.#registry, now))
      this.watches.cut('end', { resource: plural, group })
    return { status: result.status, body: result.object }
  }

  #watch(
    target: Extract<RequestTarget, { kind: 'resource' }>,
    request: Request,
    url: URL,
    fault: Fault | undefined,
  ): SimulatorReply {
    const watch = openWatch(this.#store, target.type, target.namespace, url.searchParams)
    const { stream } = watch
    this.watches.track(watch, request)
    if (fault?.kind === 'watch-expired') {
      stream.discard()
      watch.expire()
    }
    if (fault?.kind === 'watch-silent') {
      stream.discard()
      stream.silence()
    }
    if (fault?.kind === 'reset-after-handling') stream.break()
    if (watch.timeoutSeconds > 0)
      stream.onEnd(this.#timers.after(watch.timeoutSeconds * 1000, () => stream.end()))
    if (watch.wantsBookmarks) this.#scheduleBookmark(watch)
    if (this.#closed) stream.end()
    return {
      kind: 'stream',
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
      body: stream,
    }
  }

  #scheduleBookmark(watch: ReturnType<typeof openWatch>): void {
    let cancel = (): void => undefined
    const next = (): void => {
      cancel = this.#timers.after(this.#options.bookmarkInterval ?? 60_000, () => {
        watch.bookmark()
        next()
      })
    }
    next()
    watch.stream.onEnd(() => cancel())
  }

  #start(now: number): void {
    if (this.#started) return
    this.#started = true
    for (const name of SYSTEM_NAMESPACES) {
      this.#store.create('namespaces', name, {
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: {
          name,
          uid: this.#identity.nextUid(),
          creationTimestamp: timestamp(now),
          labels: { 'kubernetes.io/metadata.name': name },
        },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      })
    }
  }
}

/** The list without its later half; anything else as it is. */
function shortened(body: JsonObject): JsonObject {
  const { items } = body
  return Array.isArray(items) ? { ...body, items: items.slice(0, Math.floor(items.length / 2)) } : body
}

function urlOf(target: string): URL | undefined {
  try {
    const url = new URL(target, 'http://localhost')
    decodeURIComponent(url.pathname)
    return url
  } catch {
    return undefined
  }
}

function describe(raw: SimulatorRequest, url: URL | undefined, target: RequestTarget, time: number): Request {
  const resource = target.kind === 'resource' ? target : undefined
  return {
    method: raw.method,
    path: url?.pathname ?? raw.target,
    query: Object.fromEntries(url?.searchParams ?? []),
    verb: resource?.verb,
    group: resource?.type.group ?? '',
    resource: resource?.type.plural ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    contentType: raw.headers['content-type'] ?? '',
    body: raw.body,
    userAgent: raw.headers['user-agent'] ?? '',
    time,
  }
}

const BODIES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** YAML and protobuf are refused too: nobody here sends them. */
function refuseForeignBody(contentType: string): void {
  const mediaType = contentType.split(';')[0]?.trim()
  if (mediaType !== '' && mediaType !== 'application/json') throw unsupportedMediaType(BODIES)
}
