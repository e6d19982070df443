import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { maxFrameBytes } from '../../cni/serve/protocol.ts'
import { silentLogger } from '../../kube/log.ts'
import { ManualClock, eventually } from '../../kube/testing/manual-clock.ts'
import { type ReceivedRequest, SocketServer } from '../testing/socket-server.ts'
import { MachineClient } from './machine-client.ts'
import { MachineError } from './machine-error.ts'

const greeting = { protocol: 1, version: '0.1.0', bootId: 'boot-1' }
const usual = ({ operation }: ReceivedRequest): object | undefined =>
  operation === 'hello' ? { result: greeting } : { result: { changed: [operation] } }

let server: SocketServer
let clock: ManualClock
let client: MachineClient
let observed: string[]
let told: string[]
let stop: AbortController
let running: Promise<void>

beforeEach(async () => {
  server = new SocketServer(usual)
  await server.start()
  clock = new ManualClock()
  observed = []
  told = []
  stop = new AbortController()
  client = new MachineClient({
    socket: server.path,
    clock,
    random: () => 0.5,
    log: silentLogger,
    observe: (operation, result) => observed.push(`${operation} ${result}`),
  })
  client.onConnected(({ bootId }) => told.push(`connected ${bootId}`))
  client.onNews(({ news }) => told.push(`news ${news}`))
  running = Promise.resolve()
})
afterEach(async () => {
  stop.abort()
  await running
  expect(clock.timers).toBe(0)
  await server[Symbol.asyncDispose]()
})

async function begin(): Promise<void> {
  running = client.run(stop.signal)
  await eventually('a connection', () => client.greeting !== undefined)
}

const failure = async (work: Promise<unknown>): Promise<MachineError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MachineError)) throw new Error(`no MachineError: ${String(error)}`)
  return error
}

/** The pause after the end of a connection is over. */
async function again(): Promise<number> {
  // Not the limit of an operation, which is longer.
  await eventually('a pause', () => (clock.untilNext ?? Infinity) < 10_000)
  const ms = clock.untilNext ?? 0
  await clock.advance(ms)
  return ms
}

test('hello comes first, and each request has an id of its own', async () => {
  await begin()
  expect(client.greeting).toEqual(greeting)
  const [install, hold] = await Promise.all([
    client.call('cni.install', {}),
    client.call('addresses.hold', { addresses: ['10.244.1.1'] }),
  ])
  expect([install, hold]).toEqual([{ changed: ['cni.install'] }, { changed: ['addresses.hold'] }])
  expect(server.received).toEqual([
    { id: 0, operation: 'hello', parameters: { protocol: 1 } },
    { id: 1, operation: 'cni.install', parameters: {} },
    { id: 2, operation: 'addresses.hold', parameters: { addresses: ['10.244.1.1'] } },
  ])
  expect(observed).toEqual(['hello ok', 'cni.install ok', 'addresses.hold ok'])
})

test('news are told', async () => {
  await begin()
  server.send('{"news":"routes"}\n{"news":"routes"}\n')
  await eventually('both', () => told.length === 3)
  expect(told).toEqual(['connected boot-1', 'news routes', 'news routes'])
})

test('a frame may come in pieces, within a character too', async () => {
  server.answer = (request) => (request.operation === 'hello' ? { result: greeting } : undefined)
  await begin()
  const call = client.call('cni.install', {})
  await eventually('the request', () => server.received.length === 2)
  const frame = Buffer.from('{"id":1,"result":{"changed":["größer"]}}\n')
  for (const byte of frame) {
    server.send(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await call).toEqual({ changed: ['größer'] })
})

describe('an operation that fails', () => {
  test.each([
    ['invalid', { code: 'invalid', message: 'podCidrs[0] is no CIDR', field: 'podCidrs[0]' }, undefined],
    ['refused', { code: 'refused', message: 'others’ ranges' }, undefined],
    ['unsupported', { code: 'unsupported', message: 'not yet' }, undefined],
    ['system', { code: 'system', message: 'rename: EROFS', errno: 30 }, 30],
  ])('%s: with what the other half said', async (code, error, errno) => {
    server.answer = (request) => (request.operation === 'hello' ? usual(request) : { error })
    await begin()
    const thrown = await failure(client.call('cni.install', {}))
    expect(thrown).toMatchObject({ code, errno, message: `cni.install: ${error.message}` })
    expect(observed.at(-1)).toBe(`cni.install ${code}`)
    // The connection is as good as before.
    expect(client.greeting).toEqual(greeting)
  })

  test('unavailable: there is no connection, and nothing is sent', async () => {
    const thrown = await failure(client.call('cni.install', {}))
    expect(thrown.code).toBe('unavailable')
    expect(thrown.message).toContain(server.path)
    expect(server.received).toEqual([])
  })

  test('timeout: the connection is cut, and all that waits on it fails; a new one is made', async () => {
    server.answer = (request) => (request.operation === 'hello' ? usual(request) : undefined)
    await begin()
    const calls = [
      failure(client.call('cni.install', {}, { timeoutMs: 1_000 })),
      failure(client.call('cni.inspect', {})),
    ]
    await clock.advance(1_000)
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['timeout', 'timeout'])
    server.answer = usual
    await again()
    await eventually('a new connection', () => told.length === 2)
    expect(await client.call('cni.install', {})).toEqual({ changed: ['cni.install'] })
  })

  test('lost: the other half dies before its answer', async () => {
    server.answer = (request) => (request.operation === 'hello' ? usual(request) : undefined)
    await begin()
    const call = failure(client.call('cni.install', {}))
    await eventually('the request', () => server.received.length === 2)
    server.hangUp()
    expect((await call).code).toBe('lost')
    expect(client.greeting).toBeUndefined()
  })

  test('of an answer that is none: protocol, and the connection stays', async () => {
    server.answer = (request) => (request.operation === 'hello' ? usual(request) : { result: { changed: 7 } })
    await begin()
    const thrown = await failure(client.call('cni.install', {}))
    expect(thrown).toMatchObject({ code: 'protocol', message: 'cni.install: cni.install.changed is no list' })
    expect(client.greeting).toEqual(greeting)
  })

  test('of a request that is too long to be sent: invalid', async () => {
    await begin()
    const addresses = Array.from({ length: maxFrameBytes / 8 }, () => '10.0.0.1')
    expect((await failure(client.call('addresses.hold', { addresses }))).code).toBe('invalid')
    expect(server.received).toHaveLength(1)
  })
})

describe('what is not of the protocol ends the connection, and what waits for an answer', () => {
  test.each([
    ['no JSON', 'hello\n'],
    ['no object', '[]\n'],
    ['an answer to nothing', '{"id":99,"result":{}}\n'],
    ['an id that is none', '{"id":-1,"result":{}}\n'],
    ['other news', '{"news":"weather"}\n'],
    ['an error without a code', '{"id":1,"error":{"message":"x"}}\n'],
    ['a frame without an end', 'x'.repeat(maxFrameBytes)],
  ])('%s', async (_what, text) => {
    server.answer = (request) => (request.operation === 'hello' ? usual(request) : undefined)
    await begin()
    const call = failure(client.call('cni.install', {}))
    await eventually('the request', () => server.received.length === 2)
    server.send(text)
    expect((await call).code).toBe('protocol')
    expect(client.greeting).toBeUndefined()
    await again()
    await eventually('a new connection', () => client.greeting !== undefined)
  })
})

describe('a connection that ends is made anew', () => {
  test('after a restart of the other half, with hello again', async () => {
    await begin()
    await server.stop()
    await eventually('the end', () => client.greeting === undefined)
    // Not there yet: refused.
    await again()
    server.answer = (request) =>
      request.operation === 'hello' ? { result: { ...greeting, bootId: 'boot-2' } } : undefined
    await server.start()
    await again()
    await eventually('a connection', () => client.greeting !== undefined)
    expect(told).toEqual(['connected boot-1', 'connected boot-2'])
    expect(server.received.map(({ operation }) => operation)).toEqual(['hello', 'hello'])
  })

  test('one that is not there is asked at most every five seconds, and at least', async () => {
    await server.stop()
    running = client.run(stop.signal)
    const pauses: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) pauses.push(await again())
    expect(pauses).toEqual([150, 300, 600, 1200, 2400, 3750, 3750, 3750])
  })

  test('one that hangs up at once is not asked in a loop', async () => {
    server.answer = () => {
      setImmediate(() => server.hangUp())
      return undefined
    }
    running = client.run(stop.signal)
    const pauses: number[] = []
    for (let attempt = 0; attempt < 4; attempt++) pauses.push(await again())
    expect(pauses).toEqual([150, 300, 600, 1200])
  })

  test('one of another protocol is not used', async () => {
    server.answer = () => ({ result: { ...greeting, protocol: 2 } })
    running = client.run(stop.signal)
    await again()
    expect((await failure(client.call('cni.install', {}))).code).toBe('unavailable')
    expect(told).toEqual([])
  })

  test('one that refuses hello is not used', async () => {
    server.answer = () => ({ error: { code: 'unsupported', message: 'protocol 1' } })
    running = client.run(stop.signal)
    await again()
    expect(client.greeting).toBeUndefined()
  })
})

test('a handler that throws stops no other', async () => {
  const strict = new MachineClient({ socket: server.path, clock, random: () => 0.5, log: silentLogger })
  let reached = false
  strict.onConnected(() => {
    throw new Error('no')
  })
  strict.onConnected(() => (reached = true))
  running = strict.run(stop.signal)
  await eventually('the second handler', () => reached)
})

test('what is under way when it is stopped is lost', async () => {
  server.answer = (request) => (request.operation === 'hello' ? usual(request) : undefined)
  await begin()
  const call = failure(client.call('cni.install', {}))
  stop.abort()
  expect((await call).code).toBe('lost')
  await running
})
