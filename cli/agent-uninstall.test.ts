import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeMachine } from '../agent/testing/fake-machine.ts'
import { ManualClock, eventually } from '../kube/testing/manual-clock.ts'
import { runUninstall } from './agent-uninstall.ts'
import { RecordedOutput } from './testing/command-world.ts'

let machine: FakeMachine
let output: RecordedOutput
let clock: ManualClock
let stop: AbortController
beforeEach(async () => {
  machine = await new FakeMachine().start()
  output = new RecordedOutput()
  clock = new ManualClock()
  stop = new AbortController()
})
afterEach(async () => {
  expect(clock.timers).toBe(0)
  await machine[Symbol.asyncDispose]()
})

const uninstall = (stay = false): Promise<void> =>
  runUninstall({ socket: machine.socket, stay }, { output, clock, random: () => 0.5 }, stop.signal)

test('what was taken away is printed; the next time there is nothing', async () => {
  machine.settings = { podCidrs: ['10.244.1.0/24'] }
  await uninstall()
  expect(machine.settings).toBeUndefined()
  expect(output.text).toBe('removed 05-podway.conflist\nremoved /opt/cni/bin/podway-cni\n')
  expect(output.notes).toEqual(['Uninstalled.'])
  await uninstall()
  expect(output.notes[1]).toBe('There was nothing to take away.')
})

test('the other half may come later', async () => {
  await machine.server.stop()
  const running = uninstall()
  await eventually('a pause', () => (clock.untilNext ?? Infinity) < 10_000)
  await machine.start()
  await clock.advance(1_000)
  await running
  expect(output.notes).toHaveLength(1)
})

test('one that does not come is a failure', async () => {
  await machine.server.stop()
  const state = { ended: false }
  const failure = uninstall()
    .catch((error: unknown) => error)
    .finally(() => (state.ended = true))
  for (let second = 0; second < 120 && !state.ended; second++) await clock.advance(1_000)
  expect(await failure).toMatchObject({
    code: 'unavailable',
    message: `podway-cni serve does not answer at ${machine.socket}`,
  })
})

test('what could not be taken away is a failure', async () => {
  machine.failures.set('cni.uninstall', { code: 'system', message: 'unlink: EROFS', errno: 30 })
  await expect(uninstall()).rejects.toThrow('cni.uninstall: unlink: EROFS')
})

test('--stay: runs on until it is stopped', async () => {
  let ended = false
  const running = uninstall(true).finally(() => (ended = true))
  await eventually('the work', () => output.notes.length === 1)
  await clock.advance(0)
  expect(ended).toBe(false)
  stop.abort()
  await running
})
