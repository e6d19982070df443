import { once } from 'node:events'
import { access, readdir } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { fakeMachine } from '../install/fake-machine.ts'
import { startLocalStack } from './server.ts'

/** A program that answers as LocalStack's health endpoint: one state of EC2 after the other, and then the last. */
const localStackThatIs = (...states: readonly string[]): string => `exec '${process.execPath}' -e '
  const [host, port] = process.env.GATEWAY_LISTEN.split(":")
  const states = ${JSON.stringify(states)}
  require("http").createServer((request, response) => {
    require("fs").writeFileSync("../asked", "")
    response.end(JSON.stringify({ services: { ec2: states.length > 1 ? states.shift() : states[0] } }))
  }).listen(port, host)'`

test('is ready when EC2 is running; a stop ends the process and forgets its state', async () => {
  await using machine = await fakeMachine()
  const python = await machine.program('python', localStackThatIs('available', 'starting', 'running'))
  const localStack = await startLocalStack({ version: '4.14.0', python }, machine)
  const health = await fetch(`${localStack.url}/_localstack/health`)
  expect(await health.json()).toEqual({ services: { ec2: 'running' } })
  expect((await readdir(machine.dataDir)).sort()).toEqual(['asked', 'localstack.log', 'state'])
  await localStack.stop()
  await localStack.stop()
  expect(() => process.kill(localStack.pid, 0)).toThrow('ESRCH')
  expect(await readdir(machine.dataDir)).toEqual(['asked', 'localstack.log'])
})

test('an EC2 that can not be loaded ends the wait', async () => {
  await using machine = await fakeMachine()
  const python = await machine.program('python', localStackThatIs('error'))
  await expect(startLocalStack({ version: '4.14.0', python }, machine)).rejects.toThrow(
    'LocalStack 4.14.0 did not start: its EC2 could not be loaded',
  )
  expect(await readdir(machine.dataDir)).toEqual(['asked', 'localstack.log'])
})

test('a port that is taken: nobody else is mistaken for LocalStack', async () => {
  await using machine = await fakeMachine()
  const python = await machine.program('python', localStackThatIs('running'))
  const stranger = createServer().listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const { port } = stranger.address() as AddressInfo
  await expect(
    startLocalStack({ version: '4.14.0', python }, { dataDir: machine.dataDir, port }),
  ).rejects.toThrow('EADDRINUSE')
  stranger.close()
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
  await using machine = await fakeMachine()
  const python = await machine.program('python', localStackThatIs('starting'))
  const abort = new AbortController()
  const reason = new Error('enough')
  const starting = startLocalStack(
    { version: '4.14.0', python },
    { dataDir: machine.dataDir, signal: abort.signal },
  )
  void vi.waitFor(() => access(join(machine.dataDir, 'asked')), 10_000).finally(() => abort.abort(reason))
  await expect(starting).rejects.toBe(reason)
  expect(await readdir(machine.dataDir)).toEqual(['asked', 'localstack.log'])
})
