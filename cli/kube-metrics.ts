import { Counter, Histogram, type Registry } from 'prom-client'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { isKubeError } from '../kube/errors.ts'

const verbs = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const

/** Counts what is asked of the API server. */
export class KubeMetrics {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #requests: Counter<'verb' | 'resource' | 'result'>
  readonly #seconds: Histogram<'verb' | 'resource'>

  constructor(registry: Registry, clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#requests = new Counter({
      name: 'podway_kube_requests_total',
      help: 'Requests to the Kubernetes API server that were answered or failed, by result: ok, the HTTP status, or no_answer. A watch counts when it ends.',
      labelNames: ['verb', 'resource', 'result'],
      registers: [registry],
    })
    this.#seconds = new Histogram({
      name: 'podway_kube_request_seconds',
      help: 'How long requests to the Kubernetes API server took, watches excepted.',
      labelNames: ['verb', 'resource'],
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    })
  }

  /** The client, with each request counted. One that was aborted here counts for nothing. */
  around(client: KubeClient): KubeClient {
    return {
      request: async <T>(request: Parameters<KubeClient['request']>[0]): Promise<T> => {
        const { name, resource } = readPath(request.path)
        const verb = request.method === 'GET' ? (name ? 'get' : 'list') : verbs[request.method]
        const start = this.#clock.monotonic()
        const ended = (result: string): void => {
          this.#requests.inc({ verb, resource, result })
          this.#seconds.observe({ verb, resource }, (this.#clock.monotonic() - start) / 1000)
        }
        try {
          const answer = await client.request<T>(request)
          ended('ok')
          return answer
        } catch (error) {
          if (isKubeError(error)) ended(resultOf(error))
          throw error
        }
      },
      watch: (path, query, signal) => this.#counted(path, client.watch(path, query, signal)),
      close: () => client.close(),
    }
  }

  async *#counted<T>(path: string, events: AsyncIterable<T>): AsyncGenerator<T> {
    const { resource } = readPath(path)
    const ended = (result: string): void => this.#requests.inc({ verb: 'watch', resource, result })
    try {
      yield* events
      ended('ok')
    } catch (error) {
      if (isKubeError(error)) ended(resultOf(error))
      throw error
    }
  }
}

const resultOf = ({ status }: { readonly status: number }): string =>
  status === 0 ? 'no_answer' : String(status)

/** `/apis/coordination.k8s.io/v1/namespaces/podway-system/leases/x`: one of the `leases`. */
function readPath(path: string): { readonly resource: string; readonly name: boolean } {
  const [root, ...rest] = path.split('/').slice(1)
  const parts = rest.slice(root === 'api' ? 1 : 2)
  // A namespace itself has no further part behind its name.
  const [resource = 'other', name, subresource] =
    parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts
  return {
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name: name !== undefined,
  }
}
