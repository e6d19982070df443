import { expect, test } from 'vitest'
import type { KubeClient, KubeRequest } from '../kube/client.ts'
import { ApiBudget } from '../providers/budget.ts'
import { systemClock } from '../kube/clock.ts'
import { Fence, NotLeadingError } from './fence.ts'

function makeClient(): {
  readonly client: KubeClient
  readonly sent: string[]
  readonly timeouts: (number | undefined)[]
} {
  const sent: string[] = []
  const timeouts: (number | undefined)[] = []
  const client: KubeClient = {
    request: <T>(request: KubeRequest): Promise<T> => {
      sent.push(request.method)
      timeouts.push(request.timeoutMs)
      // The caller says what it expects, as the real client lets it.
      return Promise.resolve({} as T)
    },
    watch: () => {
      throw new Error('nobody watches here')
    },
    close: () => Promise.resolve(),
  }
  return { client, sent, timeouts }
}

test('without leader election everything is let through', async () => {
  const { client, sent } = makeClient()
  await new Fence().around(client).request({ method: 'PATCH', path: '/' })
  expect(sent).toEqual(['PATCH'])
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)(
  'after the term a %s is not sent, a GET is',
  async (method) => {
    const { client, sent } = makeClient()
    const fence = new Fence()
    let leads = true
    fence.arm(() => leads)
    const fenced = fence.around(client)
    await fenced.request({ method, path: '/' })
    leads = false
    await expect(fenced.request({ method, path: '/' })).rejects.toBeInstanceOf(NotLeadingError)
    await fenced.request({ method: 'GET', path: '/' })
    expect(sent).toEqual([method, 'GET'])
  },
)

test('a write has only so much time, or less where its sender says so; a reading has its own', async () => {
  const { client, timeouts } = makeClient()
  const fenced = new Fence({ writeTimeoutMs: 320 }).around(client)
  await fenced.request({ method: 'PATCH', path: '/' })
  await fenced.request({ method: 'PATCH', path: '/', timeoutMs: 10_000 })
  await fenced.request({ method: 'PATCH', path: '/', timeoutMs: 50 })
  await fenced.request({ method: 'GET', path: '/' })
  await fenced.request({ method: 'GET', path: '/', timeoutMs: 10_000 })
  expect(timeouts).toEqual([320, 320, 50, undefined, 10_000])
})

test('a call to the cloud that waited for its turn until the term was over is not made', async () => {
  const fence = new Fence()
  let leads = true
  fence.arm(() => leads)
  const limits = { byAction: {}, others: { burst: 5, perSecond: 5 } }
  const budget = new ApiBudget({ clock: systemClock, limits, share: 1, gate: fence.check })
  const { signal } = new AbortController()
  using permit = await budget.reserve('CreateRoute', signal)
  leads = false
  const made: string[] = []
  await expect(permit.run(() => Promise.resolve(made.push('call')))).rejects.toBeInstanceOf(NotLeadingError)
  expect(made).toEqual([])
})
