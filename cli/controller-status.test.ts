import { describe, expect, test } from 'vitest'
import type { LogFields } from '../kube/log.ts'
import { silentLogger } from '../kube/log.ts'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { parseBindAddress } from './bind-address.ts'
import { type ControllerStatus, openStatus } from './controller-status.ts'

async function open(address: string): Promise<{ clock: ManualClock; status: ControllerStatus; url: string }> {
  const clock = new ManualClock()
  const ports: unknown[] = []
  const status = await openStatus({
    bindAddress: parseBindAddress(address),
    identity: 'me',
    clock,
    log: { ...silentLogger, info: ({ port }: LogFields) => void ports.push(port) },
  })
  return { clock, status, url: `http://127.0.0.1:${String(ports[0])}` }
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

describe('one that waits to lead', () => {
  test('is ready once it has seen another lead, and healthy all the time', async () => {
    const { status, url } = await open('127.0.0.1:0')
    await using _closed = status
    expect([await statusOf(`${url}/readyz`), await statusOf(`${url}/healthz`)]).toEqual([503, 200])
    status.health.sees('other')
    expect([await statusOf(`${url}/readyz`), await statusOf(`${url}/healthz`)]).toEqual([200, 200])
  })

  test('serves its metrics', async () => {
    const { status, url } = await open('127.0.0.1:0')
    await using _closed = status
    const text = await (await fetch(`${url}/metrics`)).text()
    expect(text).toContain('\npodway_leader 0\n')
    expect(text).toContain('\nnodejs_eventloop_lag_seconds ')
    status.metrics.leads(true)
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('\npodway_leader 1\n')
  })
})

test('an event loop that stood still is no health', async () => {
  const { clock, status, url } = await open('127.0.0.1:0')
  await using _closed = status
  clock.standStill(20_000)
  const answer = await fetch(`${url}/healthz`)
  expect([answer.status, await answer.text()]).toEqual([500, 'the event loop stood still for 19 s\n'])
})

test('switched off: nothing listens, and no timer runs', async () => {
  const { clock, status, url } = await open('0')
  await using _closed = status
  expect(url).toBe('http://127.0.0.1:undefined')
  expect(clock.timers).toBe(0)
  status.metrics.leads(true)
})

test('closed, it lets go of the port and of its timer', async () => {
  const { clock, status, url } = await open('127.0.0.1:0')
  await status[Symbol.asyncDispose]()
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  expect(clock.timers).toBe(0)
})
