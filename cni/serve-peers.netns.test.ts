import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { maxFrameBytes, maxRouteChanges } from './serve/protocol.ts'
import { type TestClient, TestServer } from './testing/server.ts'

let server: TestServer
beforeEach(async () => {
  server = new TestServer()
  await server.start()
})
afterEach(() => server.remove())

const request = (id: number, operation: string, parameters: unknown = {}): string =>
  `${JSON.stringify({ id, operation, parameters })}\n`

/** Sends bytes as they are on a greeted connection, and waits until it is closed. */
async function closedBy(...parts: readonly (string | Uint8Array)[]): Promise<unknown> {
  const client = await server.connect()
  for (const part of parts) client.socket.write(part)
  await client.closed
  return (await server.logged('closed a connection')).error
}

describe('a connection of podway-cni serve', () => {
  it.each([
    { name: 'no JSON', frame: 'x\n' },
    { name: 'an empty line', frame: '\n' },
    { name: 'a list', frame: '[]\n' },
    { name: 'no id', frame: '{"operation":"cni.inspect","parameters":{}}\n' },
    { name: 'an id that is no number', frame: '{"id":"1","operation":"cni.inspect","parameters":{}}\n' },
    { name: 'an id that is too large', frame: '{"id":9007199254740992,"operation":"cni.inspect"}\n' },
    { name: 'a fraction', frame: '{"id":0.5,"operation":"cni.inspect","parameters":{}}\n' },
    { name: 'no operation', frame: '{"id":1,"parameters":{}}\n' },
    { name: 'a field too many', frame: '{"id":1,"operation":"cni.inspect","parameters":{},"as":"root"}\n' },
    { name: 'what is no UTF-8', frame: Buffer.from([0x7b, 0xff, 0x0a]) },
    { name: 'a deep list', frame: `${'['.repeat(500_000)}\n` },
  ])('is closed at $name', async ({ frame }) => {
    expect(await closedBy(frame)).toMatch(/^(NoRequestError|FrameTooLongError)/)
    await server.connect()
  })

  it('is closed at a frame that is too long, before it has ended', async () => {
    expect(await closedBy('x'.repeat(maxFrameBytes - 1), 'xx')).toContain('FrameTooLongError')
  })

  it('takes the longest frame', async () => {
    const client = await server.connect()
    const empty = request(100, 'cni.inspect', { long: '' })
    const long = 'x'.repeat(maxFrameBytes - empty.length)
    expect(await client.answerTo(100, request(100, 'cni.inspect', { long }))).toMatchObject({
      error: { code: 'invalid', field: 'parameters' },
    })
  })

  it('takes requests in any pieces, and answers them in their order', async () => {
    const client = await server.connect()
    const text = [...Array(50).keys()].map((i) => request(100 + i, i % 2 ? 'cni.inspect' : 'none')).join('')
    const answers: number[] = []
    client.onAnswer = ({ id }) => answers.push(id)
    const last = client.answerTo(149, '')
    for (let at = 0; at < text.length; at += 7) client.socket.write(text.slice(at, at + 7))
    await last
    expect(answers).toEqual([...Array(50).keys()].map((i) => 100 + i))
  })

  it('that ends its side after a request still gets the answer', async () => {
    const client = await server.connect()
    const answered = client.answerTo(7, request(7, 'cni.inspect'))
    client.socket.end()
    expect(await answered).toMatchObject({ id: 7, result: { plugins: [] } })
    await client.closed
  })

  it('whose peer does not read holds up nobody, and takes no memory', async () => {
    const slow = connect(server.socket)
    slow.pause()
    const flood = request(1, 'cni.inspect').repeat(20_000)
    slow.write(request(0, 'hello', { protocol: 1 }))
    slow.write(flood)
    const client = await server.connect()
    for (let i = 0; i < 500; i++) await client.ask('cni.inspect', {})
    expect(server.memory().peak).toBeLessThan(8_000)
    slow.destroy()
  })

  it('that is one too many waits for its turn', async () => {
    const clients: TestClient[] = []
    for (let i = 0; i < 8; i++) clients.push(await server.connect())
    const late = await server.connect({ greets: false })
    const greeted = late.ask('hello', { protocol: 1 })
    for (const client of clients) await client.ask('cni.inspect', {})
    clients[3]?.end()
    await greeted
    expect(await late.ask('cni.inspect', {})).toMatchObject({ plugins: [] })
  })
})

describe('the memory of podway-cni serve', () => {
  it('stays under 8 MB after thousands of requests of every kind', async () => {
    const client = await server.connect()
    await client.ask('cni.install', {})
    const podCidrs = ['10.244.1.0/24', 'fd00::/64']
    const round = async (i: number): Promise<void> => {
      await Promise.all([
        client.ask('cni.configure', { podCidrs, mtu: 1400 + (i % 2) }),
        client.ask('cni.inspect', {}),
        client.refused('cni.configure', { podCidrs: [`10.244.${i}.1/24`] }),
        client.refused('none', { deep: { deeper: [i] } }),
        client.ask('hello', { protocol: 1 }),
      ])
    }
    for (let i = 0; i < 200; i++) await round(i)
    const { now } = server.memory()
    for (let i = 0; i < 400; i++) await round(i)
    expect(server.memory().peak).toBeLessThan(8_000)
    // Nothing is kept of a request: this many more take no more.
    expect(server.memory().now - now).toBeLessThan(500)
  }, 120_000)

  it.each([
    { name: 'lists', value: Array<unknown>(300_000).fill([]) },
    { name: 'objects', value: Array<unknown>(300_000).fill({}) },
    { name: 'numbers', value: Array<unknown>(500_000).fill(0) },
    { name: 'keys', value: Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [`k${i}`, 0])) },
  ])('is not taken by a frame of $name, which is closed', async ({ value }) => {
    expect(
      await closedBy(`${JSON.stringify({ id: 1, operation: 'cni.inspect', parameters: value })}\n`),
    ).toContain('too many values')
    expect(server.memory().peak).toBeLessThan(8_000)
  })

  it('is taken for a moment by as many routes as a request may have', async () => {
    const client = await server.connect()
    const changes = Array.from({ length: maxRouteChanges }, (_, i) => ({
      op: 'replace',
      destination: `10.${Math.floor(i / 250)}.${i % 250}.0/24`,
      from: '192.0.2.1',
      gateway: '192.0.2.2',
    }))
    expect(await client.exchange('routes.apply', { changes })).toHaveProperty('result')
    await client.ask('cni.inspect', {})
  })

  it('is given back after the longest frames', async () => {
    const client = await server.connect()
    const parameters = { podCidrs: ['x'.repeat(1_000_000)] }
    for (let i = 0; i < 20; i++) await client.refused('cni.configure', parameters)
    expect(server.memory().now).toBeLessThan(8_000)
  })
})
