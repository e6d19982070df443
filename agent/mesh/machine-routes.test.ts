import { expect, test, vi } from 'vitest'
import type { News, OperationName } from '../../cni/serve/protocol.ts'
import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import { MachineRoutes, type RouteMachine } from './machine-routes.ts'

/** The other half: answers by name of the operation, or fails. */
class ScriptedMachine {
  readonly asked: [OperationName, unknown][] = []
  answer: (operation: OperationName) => unknown = () => ({})
  connected: () => void = () => undefined
  news: (news: News) => void = () => undefined

  get machine(): RouteMachine {
    return {
      call: (operation, parameters) =>
        Promise.try(() => {
          this.asked.push([operation, parameters])
          // The script says what the operation gives back.
          return this.answer(operation) as never
        }),
      onConnected: (handler) => void (this.connected = handler),
      onNews: (handler) => void (this.news = handler),
    }
  }
}

const { signal } = new AbortController()
const failure = (code: string, errno?: number): Error =>
  Object.assign(new Error('it said no'), { code, errno })
const create = {
  op: 'create',
  destination: parseCidr('fd00:3::/64'),
  gateway: parseAddress('fd00::3'),
} as const

test('says everything in canonical text, and reads it', async () => {
  const script = new ScriptedMachine()
  const routes = new MachineRoutes(script.machine)
  script.answer = (operation) =>
    operation === 'routes.list'
      ? {
          routes: [{ destination: 'fd00:3::/64', protocol: 112, scope: 0, gateway: 'fd00::3', metric: 1120 }],
          links: [{ name: 'eth0', isUp: true, addresses: ['10.0.0.1/24'] }],
        }
      : { outcomes: [{ result: 'done' }] }
  const first = await routes.list(signal)
  expect(first.routes).toEqual([
    {
      destination: create.destination,
      protocol: 112,
      scope: 0,
      gateway: create.gateway,
      metric: 1120,
    },
  ])
  expect(await routes.list(signal)).toEqual(first)
  expect(await routes.apply([create], signal)).toEqual([{ result: 'done' }])
  expect(script.asked.at(-1)).toEqual([
    'routes.apply',
    { changes: [{ op: 'create', destination: 'fd00:3::/64', gateway: 'fd00::3' }] },
  ])
})

test.each([
  ['unavailable', undefined, 'transient', 'transient'],
  ['lost', undefined, 'transient', 'unknown-outcome'],
  ['timeout', undefined, 'transient', 'unknown-outcome'],
  ['protocol', undefined, 'transient', 'unknown-outcome'],
  ['invalid', undefined, 'invalid', 'invalid'],
  ['refused', undefined, 'invalid', 'invalid'],
  ['system', 1, 'unauthorized', 'unauthorized'],
  ['system', 12, 'transient', 'transient'],
])('a call that fails by %s (%s): reads %s, writes %s', async (code, errno, read, write) => {
  const script = new ScriptedMachine()
  const routes = new MachineRoutes(script.machine)
  script.answer = () => {
    throw failure(code, errno)
  }
  await expect(routes.list(signal)).rejects.toMatchObject({ name: 'ProviderError', class: read })
  await expect(routes.apply([create], signal)).rejects.toMatchObject({ name: 'ProviderError', class: write })
})

test('what is no table is a passing fault: the other half may be of another version', async () => {
  const script = new ScriptedMachine()
  const routes = new MachineRoutes(script.machine)
  script.answer = () => ({
    routes: [{ destination: 'default', protocol: 3, scope: 0, metric: 0 }],
    links: [],
  })
  await expect(routes.list(signal)).rejects.toMatchObject({ class: 'transient' })
})

test('news are asked for on each new connection, whose beginning is news itself', async () => {
  const script = new ScriptedMachine()
  const routes = new MachineRoutes(script.machine)
  const stop = new AbortController()
  const changed = vi.fn<() => void>()
  routes.watch(changed, stop.signal)
  expect(script.asked).toEqual([])
  script.connected()
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1))
  script.news({ news: 'routes' })
  expect(changed).toHaveBeenCalledTimes(2)
  script.connected()
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(3))
  expect(script.asked.map(([operation]) => operation)).toEqual(['routes.watch', 'routes.watch'])
  stop.abort()
  script.news({ news: 'routes' })
  expect(changed).toHaveBeenCalledTimes(3)
})

test("an abort rejects with the signal's reason, and nothing is asked", async () => {
  const script = new ScriptedMachine()
  const reason = new Error('over')
  await expect(new MachineRoutes(script.machine).list(AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(script.asked).toEqual([])
})
