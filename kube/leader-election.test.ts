import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runAsLeader } from './leader-election.ts'
import { defaultLeaderElectionTimes } from './leader-election-config.ts'
import { silentLogger } from './log.ts'
import { Election } from './testing/candidates.ts'
import { eventually, ManualClock } from './testing/manual-clock.ts'

let election: Election
beforeEach(async () => {
  election = await Election.open()
})
afterEach(() => election.close())

describe('alone', () => {
  test('makes the Lease and leads', async () => {
    const a = election.candidate('a')
    await a.settled()
    expect(a.leads).toBe(true)
    expect(a.work?.isLeader()).toBe(true)
    const { metadata, spec } = await election.lease()
    expect(metadata).toMatchObject({ name: 'controller', namespace: 'default' })
    expect(spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    })
    expect(a.leaders).toEqual(['a'])
    expect(a.logged).toEqual(['info waiting to become leader', 'info became leader'])
  })

  test('renews every two seconds, by one request, and changes nothing else', async () => {
    const a = election.candidate('a')
    await a.settled()
    await election.meddle({}, { team: 'network' })
    const before = await election.lease()
    election.simulator.forgetCalls()
    await a.pass(4000)
    // The first finds the version changed by the label, and reads it again.
    expect(a.calls).toEqual(['PUT 409', 'GET 200', 'PUT 200', 'PUT 200'])
    const { metadata, spec } = await election.lease()
    expect(spec).toEqual({ ...before.spec, renewTime: '2026-01-01T00:00:04.000000Z' })
    expect(metadata.labels).toEqual({ team: 'network' })
    election.simulator.forgetCalls()
    await a.pass(60_000)
    expect(a.calls).toEqual(Array.from({ length: 30 }, () => 'PUT 200'))
    expect(a.leads).toBe(true)
    expect(a.leaders).toEqual(['a'])
  })

  test('a Lease that is shorter than a second says at least one', async () => {
    const a = election.candidate('a', { leaseDurationMs: 15_500 })
    await a.settled()
    expect((await election.lease()).spec.leaseDurationSeconds).toBe(16)
  })
})

describe('beside another', () => {
  test('of two at once one leads', async () => {
    const both = [election.candidate('a'), election.candidate('b')]
    await Promise.all(both.map((one) => one.settled()))
    expect(both.map((one) => one.leads).sort()).toEqual([false, true])
    const [loser] = both.filter((one) => !one.leads)
    await loser?.pass(2000)
    expect(loser?.logged.at(-1)).toMatch(/^info another leads$/)
    expect(loser?.logged.filter((line) => line.startsWith('warn'))).toEqual([])
  })

  test('waits as long as the other renews, and says once who leads', async () => {
    const a = election.candidate('a')
    await a.settled()
    const b = election.candidate('b')
    for (let minute = 0; minute < 3 * 60; minute += 2) {
      await a.pass(2000)
      await b.pass(2000)
    }
    expect(b.writes).toBe(0)
    expect(b.leaders).toEqual(['a'])
    expect(b.logged).toEqual(['info waiting to become leader', 'info another leads'])
  })

  // A clock that is wrong by years says nothing: only when the last renewal was first seen counts.
  test.each([
    ['years ahead', Date.UTC(2040, 5, 1)],
    ['years behind', Date.UTC(2001, 5, 1)],
  ])('takes over 15 seconds after it first saw the last renewal, with a clock %s', async (_, epoch) => {
    const a = election.candidate('a')
    await a.settled()
    const b = election.candidate('b', { clock: new ManualClock(epoch) })
    await b.pass(8000)
    await a.pass(8000)
    // Seen by b at 10 s, when it looks again; nothing more comes from a.
    await b.pass(2000 + 14_999)
    expect(b.leads).toBe(false)
    expect(b.writes).toBe(0)
    await b.pass(1001)
    expect(b.leads).toBe(true)
    const { spec } = await election.lease()
    expect(spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 })
    expect(spec.acquireTime).toBe(spec.renewTime)
    expect(spec.acquireTime).toBe(new Date(epoch + 26_000).toISOString().replace('Z', '000Z'))
    expect(b.leaders).toEqual(['a', 'b'])
  })

  test('waits for the duration that the other says', async () => {
    const a = election.candidate('a', { leaseDurationMs: 60_000 })
    await a.settled()
    const b = election.candidate('b')
    await b.pass(59_999)
    expect(b.leads).toBe(false)
    await b.pass(2001)
    expect(b.leads).toBe(true)
  })

  test('a Lease without a duration counts as one of our own', async () => {
    await election.leases.create({
      metadata: { name: 'controller', namespace: 'default' },
      spec: { holderIdentity: 'x' },
    })
    const a = election.candidate('a')
    await a.pass(14_999)
    expect(a.leads).toBe(false)
    await a.pass(1001)
    expect(a.leads).toBe(true)
  })

  test('that has it no longer, as it was deleted, but does not know yet', async () => {
    const a = election.candidate('a')
    await a.settled()
    const b = election.candidate('b')
    await b.settled()
    await election.delete()
    await b.pass(2000)
    expect(b.leads).toBe(false)
    await a.pass(2000)
    for (let seconds = 0; seconds < 30; seconds += 2) {
      await a.pass(2000)
      await b.pass(2000)
    }
    expect([a.leads, b.leads]).toEqual([true, false])
  })

  test('that deleted it and is gone: waits for its time to end', async () => {
    await election.leases.create({
      metadata: { name: 'controller', namespace: 'default' },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 15 },
    })
    const a = election.candidate('a')
    await a.settled()
    await election.delete()
    await a.pass(14_999)
    expect(a.writes).toBe(0)
    await a.pass(1001)
    expect(a.leads).toBe(true)
  })

  test('labels that somebody keeps changing are no renewals', async () => {
    const a = election.candidate('a')
    await a.settled()
    const b = election.candidate('b')
    for (let second = 0; second < 16; second++) {
      await election.meddle({}, { second: String(second) })
      await b.pass(1000)
    }
    expect(b.leads).toBe(true)
  })

  test('takes over at the next look from one that stopped', async () => {
    const a = election.candidate('a')
    await a.settled()
    const b = election.candidate('b')
    await b.settled()
    a.stop.abort()
    await a.settled()
    expect(a.result).toBe('ended')
    await b.pass(2000)
    expect(b.leads).toBe(true)
    expect((await election.lease()).spec.leaseTransitions).toBe(1)
  })

  test.each([
    [0, 2000],
    [0.5, 3200],
    [0.999, 4397.6],
  ])('looks after 2 s and up to 1.2 times that again: random %d', async (random, ms) => {
    const a = election.candidate('a')
    await a.settled()
    const b = election.candidate('b', { random: () => random })
    await b.settled()
    await b.pass(ms - 1)
    expect(b.calls).toEqual(['GET 200'])
    await b.pass(2)
    expect(b.calls).toEqual(['GET 200', 'GET 200'])
  })
})

describe('an API server in trouble', () => {
  test.each([
    ['refuses', { kind: 'status', code: 500 }],
    ['resets', { kind: 'reset' }],
    ['forbids', { kind: 'status', code: 403 }],
  ] as const)('that %s is asked again every two seconds, and told of once', async (_, fault) => {
    const a = election.candidate('a')
    election.simulator.faults.add({ times: 5, fault })
    await a.pass(9999)
    expect(a.leads).toBe(false)
    await a.pass(1)
    expect(a.leads).toBe(true)
    expect(a.logged.slice(1)).toEqual(['warn cannot get the lease: trying again', 'info became leader'])
  })

  test('that does not answer is asked again after five seconds', async () => {
    election.simulator.faults.add({ fault: { kind: 'hang' } })
    const a = election.candidate('a')
    await a.pass(6999)
    expect(a.calls).toEqual(['GET hang'])
    await a.pass(1)
    expect(a.leads).toBe(true)
  })

  test('whose answer is lost: the Lease is found to be ours', async () => {
    election.simulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'reset-after-handling' } })
    const a = election.candidate('a')
    await a.pass(2000)
    expect(a.leads).toBe(true)
    expect((await election.lease()).spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:02.000000Z',
      leaseTransitions: 0,
    })
  })

  test('whose answer comes after the deadline is asked once more before anything is led', async () => {
    const a = election.candidate('a')
    a.clock.standStill(10_000)
    await eventually('a to lead', () => a.leads)
    expect(a.calls).toEqual(['GET 404', 'POST 201', 'GET 200', 'PUT 200'])
    expect(a.work?.isLeader()).toBe(true)
  })
})

describe('stopped while it waits', () => {
  test('before it began: nothing is asked', async () => {
    const stop = new AbortController()
    stop.abort()
    const options = {
      ...defaultLeaderElectionTimes,
      leases: election.leases,
      namespace: 'default',
      name: 'controller',
      identity: 'a',
      clock: new ManualClock(),
      random: () => 0,
      log: silentLogger,
    }
    await runAsLeader(options, () => Promise.reject(new Error('led')), stop.signal)
    expect(election.simulator.calls).toEqual([])
    await expect(
      runAsLeader({ ...options, identity: '' }, () => Promise.resolve(), stop.signal),
    ).rejects.toThrow('identity')
  })

  test.each([
    ['between two attempts', []],
    ['in the middle of one', [{ kind: 'hang' }]],
  ] as const)('%s: ends, writes nothing', async (_, faults) => {
    const a = election.candidate('a')
    await a.settled()
    for (const fault of faults) election.simulator.faults.add({ match: { method: 'GET' }, fault })
    const b = election.candidate('b')
    await b.settled()
    b.stop.abort()
    await b.settled()
    expect(b.result).toBe('ended')
    expect(b.writes).toBe(0)
    expect(b.clock.timers).toBe(0)
    expect(b.work).toBeUndefined()
  })

  test('after a write whose answer it never got: what became ours is released', async () => {
    election.simulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'reset-after-handling' } })
    const a = election.candidate('a')
    await a.settled()
    a.stop.abort()
    await a.settled()
    expect(a.result).toBe('ended')
    expect((await election.lease()).spec.holderIdentity).toBe('')
    expect(a.work).toBeUndefined()
  })
})

test('a callback that throws is told, and disturbs nothing', async () => {
  const a = election.candidate('a', {
    onLeader: () => {
      throw new Error('boom')
    },
  })
  await a.pass(4000)
  expect(a.leads).toBe(true)
  expect(a.logged).toContain('error the callback for a new leader threw: going on')
})
