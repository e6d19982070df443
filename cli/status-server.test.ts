import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Counter, Registry } from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import { parseBindAddress } from './bind-address.ts'
import { BindError, type StatusServer, type StatusSources, serveStatus } from './status-server.ts'

const flag = 'metrics-bind-address'
const servers: StatusServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function start(sources: Partial<StatusSources> = {}, text = '127.0.0.1:0'): Promise<string> {
  const address = parseBindAddress(text)
  if (address === undefined) throw new Error('switched off')
  const server = await serveStatus(flag, address, {
    faults: () => [],
    missing: () => [],
    metrics: () => Promise.resolve('# nothing\n'),
    ...sources,
  })
  servers.push(server)
  return `http://${text.replace(/:0$/, '')}:${server.port}`
}

async function get(url: string, init?: RequestInit): Promise<readonly [status: number, body: string]> {
  const answer = await fetch(url, init)
  return [answer.status, await answer.text()]
}

describe('healthy, and ready', () => {
  test.each(['/healthz', '/readyz', '/healthz?verbose'])('%s', async (path) => {
    expect(await get(`${await start()}${path}`)).toEqual([200, 'ok\n'])
  })
})

test('what is wrong is told, one reason a line', async () => {
  const url = await start({ faults: () => ['a is stuck', 'b is too'], missing: () => ['the Nodes'] })
  expect(await get(`${url}/healthz`)).toEqual([500, 'a is stuck\nb is too\n'])
  expect(await get(`${url}/readyz`)).toEqual([503, 'the Nodes\n'])
})

describe('metrics', () => {
  function metricsOf(): () => Promise<string> {
    const registry = new Registry()
    new Counter({ name: 'calls_total', help: 'Calls.', registers: [registry] }).inc(2)
    return () => registry.metrics()
  }

  test('in Prometheus’ format, also after somebody wanted OpenMetrics', async () => {
    const url = `${await start({ metrics: metricsOf() })}/metrics`
    const openMetrics = await fetch(url, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2' },
    })
    expect(openMetrics.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    )
    expect(await openMetrics.text()).toBe('# HELP calls Calls.\n# TYPE calls counter\ncalls_total 2\n# EOF\n')
    const plain = await fetch(url)
    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await plain.text()).toContain('# TYPE calls_total counter\ncalls_total 2\n')
  })

  test('that can’t be collected are an error, and the next request is answered', async () => {
    const url = await start({ metrics: () => Promise.reject(new Error('no metrics today')) })
    expect(await get(`${url}/metrics`)).toEqual([500, 'no metrics today\n'])
    expect(await get(`${url}/healthz`)).toEqual([200, 'ok\n'])
  })
})

test('other paths and methods', async () => {
  const url = await start()
  expect((await get(`${url}/`))[0]).toBe(404)
  expect((await get(`${url}/metrics/x`))[0]).toBe(404)
  expect((await get(`${url}/healthz`, { method: 'POST' }))[0]).toBe(405)
  expect(await get(`${url}/healthz`, { method: 'HEAD' })).toEqual([200, ''])
})

test('on IPv6', async ({ skip }) => {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  if (!addresses.some(({ address }) => address === '::1')) skip('there is no ::1')
  expect(await get(`${await start({}, '[::1]:0')}/healthz`)).toEqual([200, 'ok\n'])
})

test('a port that is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { readonly port: number }
  const address = { host: '127.0.0.1', port, text: `127.0.0.1:${port}` }
  const sources: StatusSources = { faults: () => [], missing: () => [], metrics: () => Promise.resolve('') }
  const failure = serveStatus(flag, address, sources)
  await expect(failure).rejects.toThrow(BindError)
  await expect(failure).rejects.toThrow(
    `--metrics-bind-address=127.0.0.1:${port}: another program on this machine listens there: choose another`,
  )
  other.close()
})

test('an address that is not this machine’s', async () => {
  await expect(start({}, '192.0.2.1:0')).rejects.toThrow('can’t listen there (EADDRNOTAVAIL)')
})

test('closing cuts who is connected', async () => {
  const url = await start()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET /healthz HTTP/1.1\r\n')
  const [server] = servers
  // It has taken the connection once it answers another.
  await get(`${url}/healthz`)
  await Promise.all([server?.close(), once(socket, 'close')])
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})
