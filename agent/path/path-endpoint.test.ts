import { beforeEach, describe, expect, test } from 'vitest'
import type { Parameters } from '../../cni/serve/protocol.ts'
import { ownPlace } from './own-place.ts'
import type { PathFacts } from './path-facts.ts'
import { PathEndpoint } from './path-endpoint.ts'

const facts = { forwards: true } as PathFacts
const place = ownPlace({
  metadata: { name: 'node-a', uid: 'u', resourceVersion: '1' },
  // Bits behind the prefix, and what is no range at all: a Node may carry them.
  spec: { podCIDRs: ['10.244.1.7/24', 'fd00:10:244:1::/64', 'nonsense'] },
  status: {
    addresses: [
      { type: 'ExternalIP', address: '192.0.2.7' },
      { type: 'InternalIP', address: '10.0.1.10' },
      { type: 'Hostname', address: 'node-a' },
      { type: 'InternalIP', address: 'fd00::10' },
    ],
  },
})

let endpoint: PathEndpoint
let asked: Parameters<'path.inspect'>[]
let inspect: () => Promise<PathFacts>

beforeEach(() => {
  endpoint = new PathEndpoint()
  asked = []
  inspect = () => Promise.resolve(facts)
  endpoint.watch({
    node: () => place,
    inspect: (question) => {
      asked.push(question)
      return inspect()
    },
  })
})

const get = (query: string) => endpoint.answer(new URLSearchParams(query))

test('what comes from a pod of the Node comes in by the pod’s interface', async () => {
  expect(await get('from=10.244.1.2&to=10.244.3.2')).toEqual({ status: 200, body: '{"forwards":true}\n' })
  expect(asked).toEqual([{ source: '10.244.1.2', destination: '10.244.3.2', isReply: false }])
})

test.each([
  ['IPv4', 'from=10.244.3.2&to=10.244.1.2', '10.0.1.10'],
  ['IPv6', 'from=fd00:10:244:3::2&to=fd00:10:244:1::2', 'fd00::10'],
])('what comes from elsewhere arrives at the Node’s address: %s', async (_, query, arrival) => {
  await get(`${query}&reply=true`)
  expect(asked).toMatchObject([{ arrival, isReply: true }])
})

test.each([
  ['of the Node itself', 'from=10.0.1.10&to=192.0.2.1'],
  ['to the Node itself', 'from=192.0.2.1&to=10.0.1.10'],
  [
    'to a pod, whatever way it is written',
    'from=192.0.2.1&to=FD00:10:244:1:0::2'.replace('192.0.2.1', '2001:db8::1'),
  ],
])('a packet is answered for: %s', async (_, query) => {
  expect((await get(query)).status).toBe(200)
})

describe('refused:', () => {
  test.each<[what: string, query: string, status: number, says: RegExp]>([
    ['nothing', '', 400, /^from has to be given once/],
    ['no destination', 'from=10.244.1.2', 400, /^to has to be given once/],
    ['two destinations', 'from=10.244.1.2&to=10.0.0.1&to=10.0.0.2', 400, /^to has to be given once/],
    ['no address', 'from=web&to=10.0.0.1', 400, /^from: invalid address "web"/],
    ['a range', 'from=10.244.1.0/24&to=10.0.0.1', 400, /^from: invalid address/],
    ['two families', 'from=10.244.1.2&to=fd00::1', 400, /^from is of IPv4, and to of IPv6/],
    ['half a reply', 'from=10.244.1.2&to=10.0.0.1&reply=1', 400, /^reply has to be true or false/],
    [
      'others’ packets',
      'from=10.244.3.2&to=10.244.4.2',
      403,
      /^neither from nor to is an address of this Node/,
    ],
    ['an external address', 'from=192.0.2.7&to=10.244.4.2', 403, /ask the Node of one of them/],
  ])('%s', async (_, query, status, says) => {
    const reply = await get(query)
    expect(reply.status).toBe(status)
    expect(reply.body).toMatch(says)
    expect(asked).toEqual([])
  })

  test('before the Node is known', async () => {
    endpoint.watch({ node: () => undefined, inspect: () => Promise.resolve(facts) })
    expect(await get('from=10.244.1.2&to=10.244.3.2')).toMatchObject({ status: 503 })
    expect(await new PathEndpoint().answer(new URLSearchParams('from=10.0.0.1&to=10.0.0.2'))).toMatchObject({
      status: 503,
    })
  })

  test('more at once than the machine has time for, until it has', async () => {
    const { promise, resolve } = Promise.withResolvers<PathFacts>()
    inspect = () => promise
    const waiting = Array.from({ length: 4 }, () => get('from=10.244.1.2&to=10.244.3.2'))
    expect(await get('from=10.244.1.2&to=10.244.3.2')).toMatchObject({ status: 429 })
    resolve(facts)
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await get('from=10.244.1.2&to=10.244.3.2')).toMatchObject({ status: 200 })
  })

  test('a machine that does not answer, and then does', async () => {
    inspect = () => Promise.reject(new Error('podway-cni serve does not answer'))
    expect(await get('from=10.244.1.2&to=10.244.3.2')).toEqual({
      status: 503,
      body: 'podway-cni serve does not answer\n',
    })
    inspect = () => Promise.resolve(facts)
    expect(await get('from=10.244.1.2&to=10.244.3.2')).toMatchObject({ status: 200 })
  })
})
