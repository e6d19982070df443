import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve, type RunningServer } from '../test/simulators/http-server.ts'
import type { SimulatorReply, SimulatorRequest } from '../test/simulators/simulator.ts'
import { createKubeClient, type KubeClient } from './client.ts'
import { KubeError } from './errors.ts'
import { eventually, ManualClock } from './testing/manual-clock.ts'
import { failed, Feed, hang, ok, reset, streaming } from './testing/replies.ts'

let folder: string
let server: RunningServer
let client: KubeClient
let clock: ManualClock
let requests: SimulatorRequest[]
let reply: (request: SimulatorRequest) => SimulatorReply

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podway-client-'))
  clock = new ManualClock()
  requests = []
  reply = () => ok({})
  server = await serve({
    handle: (request) => {
      requests.push(request)
      return reply(request)
    },
  })
  client = connect({ token: 'sesame' })
})
afterEach(async () => {
  await client.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

function connect(
  user: Readonly<Record<string, unknown>>,
  more: { maxConnections?: number } = {},
): KubeClient {
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: server.url, skipTLSVerify: false },
    { name: 'u', ...user },
  )
  return createKubeClient(config, { userAgent: 'podway/1.2.3', env: {}, clock, ...more })
}

const caught = async (work: Promise<unknown>): Promise<KubeError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof KubeError) return error
  throw new Error('expected a KubeError', { cause: error })
}
const get = (path = '/api/v1/nodes/a') => client.request({ method: 'GET', path })

describe('a request', () => {
  test('carries who we are, the query and the body', async () => {
    reply = (request) => ok({ echo: JSON.parse(request.body) as unknown })
    const answer = await client.request({
      method: 'PATCH',
      path: '/api/v1/nodes/a/status',
      query: { fieldManager: 'podway', dryRun: undefined },
      body: { status: {} },
      contentType: 'application/merge-patch+json',
    })
    expect(answer).toEqual({ echo: { status: {} } })
    expect(requests).toMatchObject([
      {
        method: 'PATCH',
        target: '/api/v1/nodes/a/status?fieldManager=podway',
        headers: {
          authorization: 'Bearer sesame',
          'user-agent': 'podway/1.2.3',
          'content-type': 'application/merge-patch+json',
          accept: 'application/json',
        },
      },
    ])
  })

  test('reads the Status of a failure', async () => {
    reply = () => failed(409, 'Conflict')
    const error = await caught(get())
    expect(error).toMatchObject({ status: 409, reason: 'Conflict' })
    expect(error.message).toBe('GET /api/v1/nodes/a: Conflict says the server')
  })

  test('tells how long to wait', async () => {
    reply = () => failed(429, 'TooManyRequests', { 'retry-after': '4' })
    expect(await caught(get())).toMatchObject({ status: 429, retryAfterMs: 4000 })
  })

  test('is not retried', async () => {
    reply = () => failed(500, 'InternalError')
    await caught(get())
    expect(requests.length).toBe(1)
  })

  test('a cut connection, a server that is gone, an answer that is no JSON', async () => {
    reply = () => reset
    expect(await caught(get())).toMatchObject({ status: 0, reason: 'Unreachable' })
    reply = () => ({ kind: 'response', status: 200, headers: {}, body: '<html>' })
    expect(await caught(get())).toMatchObject({ status: 0, reason: 'InvalidAnswer' })
    await server.close()
    expect(await caught(get())).toMatchObject({ reason: 'Unreachable', details: { code: 'ECONNREFUSED' } })
  })

  test('without an answer ends by the clock', async () => {
    reply = () => hang
    const waiting = caught(client.request({ method: 'GET', path: '/x', timeoutMs: 5000 }))
    await eventually('request', () => requests.length === 1)
    await clock.advance(5000)
    expect(await waiting).toMatchObject({ status: 0, reason: 'Timeout' })
    expect(clock.timers).toBe(0)
  })

  test('ends with the reason of an abort, before and while it runs', async () => {
    reply = () => hang
    const stop = new AbortController()
    const reason = new Error('shutting down')
    const waiting = client.request({ method: 'GET', path: '/x', signal: stop.signal })
    await eventually('request', () => requests.length === 1)
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(client.request({ method: 'GET', path: '/x', signal: stop.signal })).rejects.toBe(reason)
    expect(requests.length).toBe(1)
    expect(clock.timers).toBe(0)
  })

  test('after close fails, and so does one that runs', async () => {
    reply = () => hang
    const waiting = caught(get())
    await eventually('request', () => requests.length === 1)
    await client.close()
    await client.close()
    expect(await waiting).toMatchObject({ reason: 'Unreachable' })
    expect(await caught(get())).toMatchObject({ reason: 'Unreachable' })
    expect(requests.length).toBe(1)
  })
})

// client-node makes a new connection for each call: https://github.com/kubernetes-client/javascript/issues/2893
describe('connections', () => {
  test('100 calls in a row take two at most', async () => {
    for (let i = 0; i < 100; i++) await get()
    // Two, as undici may find the first still busy with the end of the answer before.
    expect(server.connections()).toBeLessThanOrEqual(2)
  })

  test('100 calls at once share as many as allowed', async () => {
    client = connect({}, { maxConnections: 2 })
    await Promise.all(Array.from({ length: 100 }, () => get()))
    expect(requests.length).toBe(100)
    expect(server.connections()).toBe(2)
  })

  test('a watch takes none of those', async () => {
    client = connect({}, { maxConnections: 1 })
    const feed = new Feed()
    reply = (request) => (request.target.includes('watch') ? streaming(feed) : ok({}))
    const watch = client.watch('/api/v1/nodes', {}, new AbortController().signal)[Symbol.asyncIterator]()
    const first = watch.next()
    await eventually('watch', () => requests.length === 1)
    await get()
    feed.event('ADDED', { metadata: { name: 'a' } })
    expect(await first).toMatchObject({ value: { type: 'ADDED' } })
    await watch.return?.()
    await eventually('the connection to be cut', () => feed.cut)
  })
})

describe('credentials', () => {
  const authorization = () => requests.map(({ headers }) => headers.authorization)

  // https://github.com/kubernetes-client/javascript/issues/317, https://github.com/kubernetes-client/javascript/issues/1240
  test('a token file that is replaced counts from the next call on, without its newline', async () => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'one\n')
    client = connect({ authProvider: { name: 'tokenFile', config: { tokenFile } } })
    await get()
    writeFileSync(tokenFile, 'two\n')
    await get()
    rmSync(tokenFile)
    await get()
    expect(authorization()).toEqual(['Bearer one', 'Bearer two', 'Bearer two'])
  })

  test('a token file that was never there is said, and nothing is sent', async () => {
    const tokenFile = join(folder, 'none')
    client = connect({ authProvider: { name: 'tokenFile', config: { tokenFile } } })
    const error = await caught(get())
    expect(error).toMatchObject({ status: 0, reason: 'NoCredentials' })
    expect(error.message).toContain(tokenFile)
    expect(requests).toEqual([])
  })

  test('user name and password', async () => {
    client = connect({ username: 'me', password: 'sesame' })
    await get()
    expect(authorization()).toEqual([`Basic ${Buffer.from('me:sesame').toString('base64')}`])
  })

  const plugin = (script: string) => {
    const command = join(folder, 'plugin')
    writeFileSync(command, `#!/bin/sh\n${script}\n`)
    chmodSync(command, 0o755)
    return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args: [] } }
  }
  const counting = `echo run >> "$0.log"
    echo "{\\"status\\": {\\"token\\": \\"t$(wc -l < "$0.log" | tr -d ' ')\\"}}"`

  test('an exec plugin runs once for calls at the same time', async () => {
    client = connect(plugin(counting))
    await Promise.all([get(), get(), get()])
    await get()
    expect(readFileSync(join(folder, 'plugin.log'), 'utf8')).toBe('run\n')
    expect(new Set(authorization())).toEqual(new Set(['Bearer t1']))
  })

  test('a token that the server refuses is replaced once, then the refusal is told', async () => {
    client = connect(plugin(counting))
    reply = ({ headers }) => (headers.authorization === 'Bearer t1' ? failed(401, 'Unauthorized') : ok({}))
    await get()
    expect(authorization()).toEqual(['Bearer t1', 'Bearer t2'])
    reply = () => failed(401, 'Unauthorized')
    expect(await caught(get())).toMatchObject({ status: 401, reason: 'Unauthorized' })
    expect(requests.length).toBe(4)
  })

  test.each([
    ['fails', 'echo sesame >&2; exit 1'],
    ['prints no JSON', 'echo sesame'],
  ])('an exec plugin that %s is told without what it printed', async (_, script) => {
    client = connect(plugin(script))
    const error = await caught(get())
    expect(error.reason).toBe('NoCredentials')
    expect(JSON.stringify([error.message, error.stack, error.details, error.cause])).not.toContain('sesame')
  })

  test('an exec plugin that is not there is told by name', async () => {
    client = connect({ exec: { command: join(folder, 'aws'), args: [] } })
    expect((await caught(get())).message).toContain(`ENOENT ${join(folder, 'aws')}`)
  })

  test('an exec plugin that hangs ends by the clock', async () => {
    client = connect(plugin('echo $$ > "$0.pid"; exec sleep 60'))
    const waiting = caught(get())
    const pid = (): number => Number(readFileSync(join(folder, 'plugin.pid'), 'utf8'))
    await eventually('the plugin to run', () => {
      try {
        return pid() > 0
      } catch {
        return false
      }
    })
    await clock.advance(30_000)
    expect(await waiting).toMatchObject({ reason: 'Timeout' })
    process.kill(pid())
  })

  test('a token with a line break in it is refused and not quoted', async () => {
    client = connect({ token: 'ses\name' })
    const error = await caught(get())
    const cause = error.cause instanceof Error ? error.cause.message : ''
    expect(`${error.message} ${cause}`).not.toMatch(/ses|name/)
  })
})

describe('a watch', () => {
  const collect = async (signal = new AbortController().signal): Promise<unknown[]> => {
    const events: unknown[] = []
    for await (const event of client.watch('/api/v1/nodes', { resourceVersion: '7' }, signal)) {
      events.push(event)
    }
    return events
  }

  test('gives the events as they come, and ends when the server ends it', async () => {
    const feed = new Feed()
    reply = () => streaming(feed)
    const events = collect()
    await eventually('watch', () => requests.length === 1)
    feed.text('{"type":"ADDED","object":{"n":')
    feed.text('1}}\n{"type":"BOOKMARK","object":{}}\n')
    feed.end()
    expect(await events).toEqual([
      { type: 'ADDED', object: { n: 1 } },
      { type: 'BOOKMARK', object: {} },
    ])
    expect(requests[0]?.target).toBe('/api/v1/nodes?resourceVersion=7&watch=true')
  })

  test('refused is an error before any event', async () => {
    reply = () => failed(410, 'Expired')
    expect(await caught(collect())).toMatchObject({ status: 410, reason: 'Expired' })
  })

  test.each([
    ['cut in the middle of a line', '{"type":"ADDED","obj', 'InvalidAnswer'],
    ['with a line that is no event', '{"kind":"Status"}\n', 'InvalidAnswer'],
    ['with an event of a type unknown', '{"type":"SYNC","object":{}}\n', 'InvalidAnswer'],
  ])('%s is an error', async (_, text, reason) => {
    const feed = new Feed()
    feed.text(text)
    feed.end()
    reply = () => streaming(feed)
    expect(await caught(collect())).toMatchObject({ status: 0, reason })
  })

  test('whose connection breaks is an error', async () => {
    reply = () => streaming(new Feed())
    const failing = caught(collect())
    await eventually('watch', () => requests.length === 1)
    await server.close()
    expect(await failing).toMatchObject({ status: 0, reason: 'Unreachable' })
  })

  test('that breaks or is left while nobody reads is no unhandled error', async () => {
    const feed = new Feed()
    reply = () => streaming(feed)
    const watch = client.watch('/api/v1/nodes', {}, new AbortController().signal)[Symbol.asyncIterator]()
    feed.event('ADDED', {})
    await watch.next()
    await server.close()
    await eventually('the connection to be cut', () => feed.cut)
    await clock.advance(0)
    await watch.return?.()
    await clock.advance(0)
  })

  test('ends with the reason of an abort, and gives nothing after it', async () => {
    const feed = new Feed()
    reply = () => streaming(feed)
    const stop = new AbortController()
    const reason = new Error('enough')
    const seen: unknown[] = []
    const watching = (async () => {
      for await (const event of client.watch('/api/v1/nodes', {}, stop.signal)) {
        seen.push(event)
        stop.abort(reason)
      }
    })()
    await eventually('watch', () => requests.length === 1)
    feed.text('{"type":"ADDED","object":{}}\n{"type":"ADDED","object":{}}\n')
    await expect(watching).rejects.toBe(reason)
    expect(seen.length).toBe(1)
    await eventually('the connection to be cut', () => feed.cut)
  })
})
