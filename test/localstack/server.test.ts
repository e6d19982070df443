import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { fakeMachine } from './fake-python.ts'
import { startLocalStack } from './server.ts'

/** Answers in LocalStack's place what its health endpoint would; the process beside it only has to live. */
async function healthEndpoint(answer: () => string) {
  const server = createServer((_request, response) => {
    response.end(answer())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
const health = (ec2: string) => JSON.stringify({ services: { ec2 } })
const sleeper = 'echo started; exec /bin/sleep 1000'

test('is ready when EC2 is running; a stop ends the process and forgets its state', async () => {
  const states = ['available', 'starting', 'running']
  await using endpoint = await healthEndpoint(() => health(states.shift() ?? 'running'))
  await using machine = await fakeMachine()
  const python = await machine.program('python', sleeper)
  const localStack = await startLocalStack({ version: '4.14.0', python }, { ...machine, port: endpoint.port })
  expect(states).toEqual([])
  expect(localStack.url).toBe(`http://127.0.0.1:${endpoint.port}`)
  expect(process.kill(localStack.pid, 0)).toBe(true)
  expect((await readdir(machine.dataDir)).sort()).toEqual(['localstack.log', 'state'])
  await localStack.stop()
  await localStack.stop()
  expect(() => process.kill(localStack.pid, 0)).toThrow('ESRCH')
  expect(await readdir(machine.dataDir)).toEqual(['localstack.log'])
})

test('an EC2 that can not be loaded ends the wait', async () => {
  await using endpoint = await healthEndpoint(() => health('error'))
  await using machine = await fakeMachine()
  const python = await machine.program('python', sleeper)
  await expect(
    startLocalStack({ version: '4.14.0', python }, { ...machine, port: endpoint.port }),
  ).rejects.toThrow('LocalStack 4.14.0 did not start: its EC2 could not be loaded')
  expect(await readdir(machine.dataDir)).toEqual(['localstack.log'])
})

test('a LocalStack that ends at once: the end of its log is shown', async () => {
  await using machine = await fakeMachine()
  const python = await machine.program('python', 'echo "ImportError: no module named cbor2"; exit 3')
  await expect(startLocalStack({ version: '4.14.0', python }, machine)).rejects.toThrow(
    /^LocalStack 4\.14\.0 did not start: it ended with 3\nthe end of its log, .*localstack\.log:\n {2}ImportError: no module named cbor2$/,
  )
  expect(await readdir(machine.dataDir)).toEqual(['localstack.log'])
})

test('an interpreter that is not there', async () => {
  await using machine = await fakeMachine()
  await expect(startLocalStack({ version: '4.14.0', python: '/nowhere/python' }, machine)).rejects.toThrow(
    'it could not be started: Error: spawn /nowhere/python ENOENT',
  )
})

test('an abort while it starts: the reason, and nothing left', async () => {
  const abort = new AbortController()
  const reason = new Error('enough')
  await using endpoint = await healthEndpoint(() => {
    abort.abort(reason)
    return health('starting')
  })
  await using machine = await fakeMachine()
  const python = await machine.program('python', sleeper)
  await expect(
    startLocalStack({ version: '4.14.0', python }, { ...machine, port: endpoint.port, signal: abort.signal }),
  ).rejects.toBe(reason)
  expect(await readdir(machine.dataDir)).toEqual(['localstack.log'])
})
