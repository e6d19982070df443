import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Call, Stopwatch, compileNothing } from './stopwatch.ts'

const call: Call = { program: '/bin/true', input: '/dev/null', environment: { CNI_COMMAND: 'ADD' } }
const scratch = mkdtempSync(join(tmpdir(), 'podway-stopwatch-'))
let stopwatch: Stopwatch
beforeAll(async () => {
  stopwatch = await Stopwatch.start(join(scratch, 'stopwatch'))
})
afterAll(async () => {
  rmSync(scratch, { recursive: true })
  await stopwatch.close()
})

test('passes the environment and nothing else, and hands back any byte', async () => {
  const { outputs } = await stopwatch.run([
    { program: '/usr/bin/env', input: '/dev/null', environment: { GREETING: 'grüß "Gott"\\ \u0001' } },
  ])
  expect(outputs).toEqual(['GREETING=grüß "Gott"\\ \u0001\n'])
})

test('passes the file as standard input', async () => {
  const { outputs } = await stopwatch.run([{ program: '/bin/cat', input: '/proc/version', environment: {} }])
  expect(outputs[0]).toContain('Linux')
})

test('runs the stages of a call one after the other, each with what the one before printed', async () => {
  const spliced = join(scratch, 'spliced.json')
  writeFileSync(spliced, '{"before":\u0001}')
  const plain = join(scratch, 'plain.json')
  writeFileSync(plain, 'plain')
  const cat = (input: string): Call => ({ program: '/bin/cat', input, environment: {} })
  const chain: Call = { ...cat(plain), then: [cat(spliced), cat(spliced)] }
  const { ms, costs, outputs } = await stopwatch.run([
    chain,
    cat(plain),
    { ...cat(plain), then: [cat(plain)] },
  ])
  expect(outputs).toEqual(['{"before":{"before":plain}}', 'plain', 'plain'])
  expect(costs).toHaveLength(3)
  expect(costs[0]?.ms).toBeLessThanOrEqual(ms)
})

test('a stage that fails is the last', async () => {
  const chain: Call = { ...call, program: '/bin/false', then: [{ ...call, program: '/usr/bin/env' }] }
  await expect(stopwatch.run([chain])).rejects.toThrow('/bin/false ADD ended with 1: nothing said')
})

test('gives the costs of each in the order of the calls, and of all', async () => {
  const { ms, costs, outputs } = await stopwatch.run([call, { ...call, program: '/usr/bin/env' }, call])
  expect(outputs.map((output) => output.length > 0)).toEqual([false, true, false])
  for (const cost of costs) {
    expect(cost.ms).toBeGreaterThan(0)
    expect(cost.ms).toBeLessThanOrEqual(ms)
    expect(cost.cpuMs).toBeGreaterThan(0)
    expect(cost.rssBytes).toBeGreaterThan(100_000)
    // Not that of the process that started it.
    expect(cost.rssBytes).toBeLessThan(10_000_000)
  }
})

test('what a program leaves running costs CPU, not time, and is waited for', async () => {
  const program = join(scratch, 'leaves')
  const busy = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'
  writeFileSync(program, `#!/bin/sh\n(${busy}; echo done) &\n`, { mode: 0o755 })
  const started = performance.now()
  const { costs, outputs } = await stopwatch.run([{ ...call, program }])
  const took = performance.now() - started
  expect(outputs).toEqual(['done\n'])
  expect(costs[0]?.ms).toBeLessThan(took / 2)
  expect(costs[0]?.cpuMs).toBeGreaterThan(took / 4)
})

test('a program that fails does not end it', async () => {
  await expect(stopwatch.run([{ ...call, program: '/bin/false' }])).rejects.toThrow(
    '/bin/false ADD ended with 1',
  )
  await expect(stopwatch.run([call])).resolves.toBeDefined()
})

test('a program that is not there ends it, and is an error', async () => {
  const other = await Stopwatch.start(join(scratch, 'other'))
  await expect(other.run([{ ...call, program: '/nowhere' }])).rejects.toThrow('the stopwatch ended')
  await other.close()
})

test('a program that does nothing is cheaper than any other', async () => {
  const nothing = join(scratch, 'nothing')
  await compileNothing(nothing)
  const { costs } = await stopwatch.run([
    { ...call, program: nothing },
    { ...call, program: '/usr/bin/env' },
  ])
  expect(costs[0]?.cpuMs).toBeLessThan(costs[1]?.cpuMs ?? 0)
})
