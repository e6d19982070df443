import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SimulatedAzure, createSimulatedAzure, armOver } from '../../test/conformance/simulated-azure.ts'
import { networkPath } from './arm-api.ts'
import { createArmClient } from './client.ts'

const signal = new AbortController().signal
let world: SimulatedAzure
beforeEach(async () => (world = await createSimulatedAzure()))
afterEach(() => world.close())

const get = (path: string) => ({ operation: 'RouteTables_Get', method: 'GET', path }) as const

test('a request with the token of the credential, over TLS, under podway’s name', async () => {
  const table = await world.addTable('a')
  const { body, status } = await armOver(world.url).send(get(networkPath(table.id)), signal)
  expect([status, body]).toMatchObject([200, { name: 'a', properties: { disableBgpRoutePropagation: true } }])
  expect(world.calls()).toMatchObject([{ token: 'PODWAY', query: { 'api-version': '2026-01-01' } }])
})

// @azure/arm-network 39 retries a 429 three times unless it is told not to.
test.each([429, 500, 503])('HTTP %i is an answer, and no reason to send again', async (status) => {
  const table = await world.addTable('a')
  world.simulator.faults.inject({ times: 9, fault: { kind: 'error', status, code: 'X' } })
  const answer = await armOver(world.url).send(get(networkPath(table.id)), signal)
  expect([answer.status, world.calls().length]).toEqual([status, 1])
})

test('a link that leads elsewhere gets no token', async () => {
  await expect(armOver(world.url).send(get('https://elsewhere.example/x'), signal)).rejects.toMatchObject({
    class: 'transient',
    code: 'LinkElsewhere',
  })
})

describe('an answer that does not come', () => {
  test('is waited for so long, and no longer', async () => {
    const table = await world.addTable('a')
    world.simulator.faults.inject({ fault: { kind: 'hang-before' } })
    const arm = createArmClient({
      endpoint: world.url,
      credential: {
        getToken: () => Promise.resolve({ token: 'x', expiresOnTimestamp: Date.now() + 3_600_000 }),
      },
      readTimeoutMs: 100,
    })
    await expect(arm.send(get(networkPath(table.id)), signal)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  })

  test('or as long as the request says', async () => {
    const table = await world.addTable('a')
    world.simulator.faults.inject({ fault: { kind: 'hang-before' } })
    const arm = armOver(world.url)
    const hurried = { ...get(networkPath(table.id)), timeoutMs: 100 }
    await expect(arm.send(hurried, signal)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  })

  test('an abort ends it', async () => {
    const table = await world.addTable('a')
    world.simulator.faults.inject({ fault: { kind: 'hang-before' } })
    const abort = new AbortController()
    const list = world.provider.list(table, abort.signal)
    setImmediate(() => abort.abort(new Error('the lease is lost')))
    await expect(list).rejects.toThrow('the lease is lost')
  })
})

test('a credential that has no token is told as such', async () => {
  const table = await world.addTable('a')
  const refused = Object.assign(new Error('AADSTS7000222: the secret is over'), {
    name: 'AuthenticationError',
    statusCode: 401,
    errorResponse: { error: 'invalid_client' },
  })
  const arm = createArmClient({
    endpoint: world.url,
    credential: { getToken: () => Promise.reject(refused) },
  })
  await expect(world.providerWith({ arm }).list(table, signal)).rejects.toMatchObject({
    class: 'unauthorized',
    code: 'invalid_client',
    message: expect.stringContaining('no Azure credentials for RouteTables_Get: AADSTS7000222') as unknown,
  })
})
