import { KubeConfig } from '@kubernetes/client-node'
import { createKubeClient, type KubeClient } from '../client.ts'
import type { LogFields } from '../log.ts'
import { nodeType } from '../node-type.ts'
import type { KubeObject } from '../objects.ts'
import { Reflector } from '../reflector.ts'
import { Resource } from '../resource.ts'
import type { Change } from '../store.ts'
import { eventually, ManualClock } from './manual-clock.ts'
import { Feed, ok, streaming, type Reply } from './replies.ts'

/** `serve` of `test/simulators/http-server.ts`, which only a test may import. */
type Serve = (simulator: {
  handle(request: { readonly target: string }): Reply
}) => Promise<{ readonly url: string; connections(): number; close(): Promise<void> }>

export const node = (name: string, uid: string, resourceVersion: string): KubeObject => ({
  metadata: { name, uid, resourceVersion },
})

export const list = (resourceVersion: string, items: readonly KubeObject[] = [], token?: string): Reply =>
  ok({ kind: 'NodeList', metadata: { resourceVersion, continue: token }, items })

/** A change in short: `added a 1`, `deleted a 1 watch`. */
export function told(change: Change<KubeObject>): string {
  const { name, uid } = change.object.metadata
  return `${change.type} ${name} ${uid}${change.type === 'deleted' ? ` ${change.evidence}` : ''}`
}

/** A reflector of Nodes, with pages of two, on a manual clock, against a server that answers from a script. */
export class ReflectorWorld {
  readonly clock = new ManualClock()
  readonly stop = new AbortController()
  readonly server: Awaited<ReturnType<Serve>>
  readonly reflector: Reflector<KubeObject>
  /** The queries of all requests, in order. */
  readonly requests: URLSearchParams[]
  readonly logged: { readonly level: string; readonly fields: LogFields }[] = []
  /** What the server answers next. When empty: an empty list of version 100, or `feed` to a watch. */
  readonly script: Reply[]
  /** All changes told, in short. */
  seen: string[] = []
  running: Promise<void> = Promise.resolve()
  readonly #client: KubeClient
  readonly #feeds: Feed[]

  static async open(serve: Serve): Promise<ReflectorWorld> {
    const requests: URLSearchParams[] = []
    const script: Reply[] = []
    const feeds = [new Feed()]
    const server = await serve({
      handle({ target }) {
        const query = new URL(target, 'http://x').searchParams
        requests.push(query)
        return script.shift() ?? (query.has('watch') ? streaming(newest(feeds)) : list('100'))
      },
    })
    return new ReflectorWorld(server, requests, script, feeds)
  }

  private constructor(
    server: Awaited<ReturnType<Serve>>,
    requests: URLSearchParams[],
    script: Reply[],
    feeds: Feed[],
  ) {
    this.server = server
    this.requests = requests
    this.script = script
    this.#feeds = feeds
    const config = new KubeConfig()
    config.loadFromClusterAndUser({ name: 'c', server: server.url, skipTLSVerify: false }, { name: 'u' })
    this.#client = createKubeClient(config, { userAgent: 'podway/0', env: {}, clock: this.clock })
    const write = (level: string) => (fields: LogFields) => void this.logged.push({ level, fields })
    this.reflector = new Reflector({
      resource: new Resource<KubeObject>(this.#client, nodeType),
      clock: this.clock,
      random: () => 0.5,
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      keep: ({ metadata }) => ({ metadata }),
      pageSize: 2,
    })
    this.reflector.onChange((change) => void this.seen.push(told(change)))
  }

  start(...replies: readonly Reply[]): void {
    this.script.push(...replies)
    this.running = this.reflector.run(this.stop.signal)
  }

  /** What the present watch sends. */
  get feed(): Feed {
    return newest(this.#feeds)
  }

  /** The next watch gets a feed of its own; returns the one until now. */
  renewFeed(): Feed {
    const old = this.feed
    this.#feeds.push(new Feed())
    return old
  }

  get watches(): readonly URLSearchParams[] {
    return this.requests.filter((query) => query.has('watch'))
  }

  get lists(): readonly URLSearchParams[] {
    return this.requests.filter((query) => !query.has('watch'))
  }

  asked(count: number): Promise<void> {
    return eventually(`request ${count}`, () => this.requests.length >= count)
  }

  changed(count: number): Promise<void> {
    return eventually(`change ${count}`, () => this.seen.length >= count)
  }

  /** Waits until the reflector backs off for the n-th time, and gives the wait in milliseconds. */
  async backedOff(times = 1): Promise<number> {
    const waits = (): readonly unknown[] =>
      this.logged.flatMap(({ fields }) => ('waitMs' in fields ? [fields.waitMs] : []))
    await eventually(`back-off ${times}`, () => waits().length >= times)
    return Number(waits()[times - 1])
  }

  /** Stops everything; gives how many timers were forgotten. */
  async close(): Promise<number> {
    this.stop.abort()
    await this.running
    await this.#client.close()
    await this.server.close()
    return this.clock.timers
  }
}

function newest(feeds: readonly Feed[]): Feed {
  const feed = feeds.at(-1)
  if (feed === undefined) throw new Error('there is always a feed')
  return feed
}
