import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, test } from 'vitest'
import { type KubeClient, createKubeClient } from '../../../kube/client.ts'
import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { createKubernetesSimulator } from '../../simulators/kubernetes/kubernetes-simulator.ts'
import { kubeTransport } from './kube-transport.ts'
import { Link } from './link.ts'
import { Random } from './random.ts'
import { VirtualProcess } from './virtual-process.ts'

const path = '/api/v1/nodes'
const fastMs = 1_000

class Line implements Disposable {
  readonly clock = new ManualClock()
  readonly process = new VirtualProcess('p', this.clock)
  readonly link = new Link(this.process, this.clock, new Random(1))
  readonly simulator = createKubernetesSimulator({ timers: { after: () => () => undefined } })
  readonly client: KubeClient

  constructor() {
    const config = new KubeConfig()
    const server = 'http://kubernetes.example.invalid'
    config.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: true }, { name: 'u' })
    this.client = createKubeClient(config, {
      userAgent: 'test',
      env: {},
      clock: this.process.clock,
      transport: kubeTransport(
        this.link,
        (request) => this.simulator.handle(request, this.clock.now()),
        () => undefined,
      ),
    })
  }

  /** What becomes of the work within that time. */
  async within(ms: number, work: Promise<unknown>): Promise<unknown> {
    let result: unknown = 'pending'
    work.then(
      (value) => (result = value),
      (error: unknown) => (result = error),
    )
    for (let left = ms; left > 0; left -= 100) await this.clock.advance(100)
    return result
  }

  [Symbol.dispose](): void {
    this.simulator.close()
  }
}

describe('a request over a link', () => {
  test('is answered when it has travelled there and back', async () => {
    using line = new Line()
    const list = line.client.request({ method: 'GET', path })
    expect(await line.within(100, Promise.resolve('soon'))).toBe('soon')
    expect(await line.within(fastMs, list)).toMatchObject({ kind: 'NodeList', items: [] })
  })

  test.each([
    ['on its way there', 0],
    ['on its way back', 1],
  ])('that is lost %s fails when the client gives up, and not before', async (_name, served) => {
    using line = new Line()
    line.link.latency = { leastMs: 500, usualMs: 501, mostMs: 501 }
    const list = line.client.request({ method: 'GET', path })
    if (served === 1) await line.within(600, Promise.resolve())
    line.link.isCut = true
    expect(await line.within(10_000, list)).toBe('pending')
    expect(line.simulator.calls).toHaveLength(served)
    expect(await line.within(30_000, list)).toMatchObject({ reason: 'Timeout' })
  })

  test.each(['reset', 'reset-after-handling'] as const)('fails after a %s', async (kind) => {
    using line = new Line()
    line.simulator.faults.add({ fault: { kind } })
    expect(await line.within(fastMs, line.client.request({ method: 'GET', path }))).toMatchObject({
      reason: 'Unreachable',
    })
  })

  test('of a process that stands still is answered when it goes on; of a dead one, never', async () => {
    using line = new Line()
    const list = line.client.request({ method: 'GET', path })
    line.process.pause()
    expect(await line.within(60_000, list)).toBe('pending')
    line.process.resume()
    expect(await line.within(fastMs, list)).toMatchObject({ kind: 'NodeList' })
    const another = line.client.request({ method: 'GET', path })
    line.process.kill()
    expect(await line.within(60_000, another)).toBe('pending')
  })
})

test('the events of a watch come in order, whatever each of them takes', async () => {
  using line = new Line()
  line.link.latency = { leastMs: 1, usualMs: 900, mostMs: 900 }
  const stop = new AbortController()
  const names: string[] = []
  const watching = (async () => {
    for await (const event of line.client.watch(path, { resourceVersion: '0' }, stop.signal))
      names.push((event.object as { metadata: { name: string } }).metadata.name)
  })()
  await line.within(2_000, Promise.resolve())
  const wanted = Array.from({ length: 20 }, (_, index) => `n${index}`)
  for (const name of wanted) {
    const body = JSON.stringify({ metadata: { name } })
    const headers = { 'content-type': 'application/json' }
    line.simulator.handle({ method: 'POST', target: path, headers, body }, line.clock.now())
  }
  await line.within(2_000, Promise.resolve())
  expect(names).toEqual(wanted)
  stop.abort(new Error('enough'))
  await expect(watching).rejects.toThrow('enough')
  await line.within(100, Promise.resolve())
  expect(line.simulator.watches.count()).toBe(0)
})
