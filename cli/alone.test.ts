import { expect, test } from 'vitest'
import type { KubeClient, KubeRequest } from '../kube/client.ts'
import { ManualClock, eventually } from '../kube/testing/manual-clock.ts'
import { alone } from './alone.ts'
import { signal } from './testing/command-world.ts'

/** An API server with one Lease, held by somebody or by nobody. */
function makeClient(holder: string): { readonly client: KubeClient; readonly calls: string[] } {
  const calls: string[] = []
  let spec: object = { holderIdentity: holder, leaseDurationSeconds: 15 }
  let renewals = 0
  const client: KubeClient = {
    request: <T>({ method, body }: KubeRequest): Promise<T> => {
      calls.push(method)
      if (method !== 'GET') ({ spec } = body as { readonly spec: object })
      // Whoever else holds it renews it all the time.
      const renewTime = `2026-01-01T00:00:00.${String(renewals++).padStart(6, '0')}Z`
      const metadata = {
        name: 'podway-controller',
        namespace: 'podway-system',
        uid: 'u',
        resourceVersion: '1',
      }
      // The caller says what it expects, as the real client lets it.
      return Promise.resolve({ metadata, spec: holder === '' ? spec : { ...spec, renewTime } } as T)
    },
    watch: () => {
      throw new Error('nobody watches here')
    },
    close: () => Promise.resolve(),
  }
  return { client, calls }
}

const lease = { namespace: 'podway-system', name: 'podway-controller' }

test('nobody has the Lease: the work is done, and the Lease released', async () => {
  const { client, calls } = makeClient('')
  const done: string[] = []
  const work = (): Promise<void> => Promise.resolve(void done.push('work'))
  await alone({ kube: client, ...lease, clock: new ManualClock() }, work, signal)
  expect(done).toEqual(['work'])
  expect(calls.at(-1)).toBe('PUT')
})

test('a controller renews it: nothing is done, and the message says whose it is', async () => {
  const { client } = makeClient('the-controller')
  const clock = new ManualClock()
  const done: string[] = []
  const work = (): Promise<void> => Promise.resolve(void done.push('work'))
  let failure: unknown
  void alone({ kube: client, ...lease, clock }, work, signal).catch((error: unknown) => (failure = error))
  for (let i = 0; i < 30 && failure === undefined; i++) await clock.advance(1_000)
  await eventually('an end', () => failure !== undefined)
  expect(String(failure)).toContain(
    'the-controller holds the Lease podway-system/podway-controller): stop it first',
  )
  expect(done).toEqual([])
})
