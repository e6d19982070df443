import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LeadershipLostError } from './leader-term.ts'
import { type Candidate, type CandidateOptions, Election } from './testing/candidates.ts'
import { eventually } from './testing/manual-clock.ts'

let election: Election
beforeEach(async () => {
  election = await Election.open()
})
afterEach(() => election.close())

async function leader(options: CandidateOptions = {}): Promise<Candidate> {
  const candidate = election.candidate('a', options)
  await candidate.settled()
  expect(candidate.leads).toBe(true)
  return candidate
}

const lostError = expect.objectContaining({ code: 'ERR_LEADERSHIP_LOST' }) as unknown

describe('a leader that cannot renew', () => {
  test.each([
    ['is refused', { kind: 'status', code: 500 }],
    ['is reset', { kind: 'reset' }],
    ['gets no answer', { kind: 'hang' }],
    ['is slowed down', { kind: 'status', code: 429, retryAfter: 60 }],
  ] as const)('stops ten seconds after the start of its last renewal: %s', async (_, fault) => {
    const a = await leader({ obedient: false })
    await a.pass(4000)
    election.simulator.faults.add({ times: Infinity, fault })
    await a.pass(9_999)
    expect(a.leads).toBe(true)
    expect(a.work?.isLeader()).toBe(true)
    await a.pass(1)
    expect(a.leads).toBe(false)
    expect(a.work?.signal.reason).toBeInstanceOf(LeadershipLostError)
    expect(a.work?.isLeader()).toBe(false)
    const { writes } = a
    expect(a.result).toBe('running')
    await a.pass(60_000)
    a.finish()
    await a.settled()
    expect(a.result).toEqual({ error: lostError })
    // Neither renewed nor released: it may be another's.
    expect(a.writes).toBe(writes)
    expect(a.logged.filter((line) => line.startsWith('warn'))).toEqual([
      'warn cannot renew the lease: trying again',
    ])
    expect(a.leaders.at(-1)).toBe('')
    expect(a.clock.timers).toBe(0)
  })

  test('that is, not after the answer to it', async () => {
    const a = await leader()
    await a.clock.advance(2000)
    // The renewal is on the way; its answer is read three seconds later.
    a.clock.standStill(3000)
    await eventually('the renewal', () => a.calls.at(-1) === 'PUT 200')
    election.simulator.faults.add({ times: Infinity, fault: { kind: 'reset' } })
    await a.pass(6999)
    expect(a.leads).toBe(true)
    await a.pass(1)
    expect(a.leads).toBe(false)
  })

  test('tells what went wrong last', async () => {
    const a = await leader()
    election.simulator.faults.add({ times: Infinity, fault: { kind: 'status', code: 500 } })
    await a.pass(10_000)
    expect(a.result).toMatchObject({
      error: {
        message: 'no longer the leader: the Lease was not renewed within 10000 ms',
        cause: { status: 500 },
      },
    })
  })

  test('a request without an answer is given up after five seconds, and another made', async () => {
    const a = await leader()
    election.simulator.faults.add({ match: { method: 'PUT' }, fault: { kind: 'hang' } })
    await a.pass(2000)
    expect(a.calls.at(-1)).toBe('PUT hang')
    await a.pass(4999)
    expect(a.calls.at(-1)).toBe('PUT hang')
    await a.pass(1)
    expect(a.calls.at(-1)).toBe('PUT 200')
    await a.pass(9_000)
    expect(a.leads).toBe(true)
  })

  test('a renewal whose answer is lost counts when it is found to have happened', async () => {
    const a = await leader()
    election.simulator.faults.add({ match: { method: 'PUT' }, fault: { kind: 'reset-after-handling' } })
    await a.pass(4000)
    expect(a.calls.slice(2)).toEqual(['PUT reset', 'PUT 409', 'GET 200', 'PUT 200'])
    await a.pass(9_000)
    expect(a.leads).toBe(true)
  })
})

// The event loop blocked past the renew deadline: no write after it.
describe('a stale leader does not keep writing', () => {
  /** Writes every second while it may, as work does that trusts its signal, or asks. */
  function write(a: Candidate, mayWrite: () => boolean): number[] {
    const written: number[] = []
    const next = (): void => {
      if (a.work?.signal.aborted !== false) return
      if (mayWrite()) written.push(a.clock.monotonic())
      a.clock.setTimeout(next, 1000)
    }
    a.clock.setTimeout(next, 1000)
    return written
  }

  test('that asks, not even by what fell due before the timer that would stop it', async () => {
    const a = await leader()
    const asking = write(a, () => a.work?.isLeader() === true)
    await a.pass(2500)
    a.clock.standStill(20_000)
    await a.settled()
    expect(asking).toEqual([1000, 2000])
    expect(a.result).toEqual({ error: lostError })
  })

  test('the question is needed: the signal alone comes too late', async () => {
    const a = await leader()
    const trusting = write(a, () => true)
    await a.pass(2500)
    a.clock.standStill(20_000)
    await a.settled()
    expect(trusting).toEqual([1000, 2000, 22_500])
  })

  test('no renewal is sent either, and another that took over is left alone', async () => {
    const a = await leader()
    await a.pass(1999)
    a.clock.standStill(30_000)
    await election.meddle({ holderIdentity: 'b', leaseTransitions: 1 })
    const before = await election.lease()
    const { writes } = a
    await a.settled()
    expect(a.result).toEqual({ error: lostError })
    expect(a.writes).toBe(writes)
    expect(await election.lease()).toEqual(before)
  })

  test('an answer that is read after the deadline saves nobody', async () => {
    const a = await leader()
    await a.clock.advance(2000)
    a.clock.standStill(10_000)
    await eventually('the end', () => !a.leads)
    expect(a.calls.at(-1)).toBe('PUT 200')
    await a.settled()
    expect(a.result).toEqual({ error: lostError })
  })
})

describe('a Lease that others change', () => {
  test.each([
    ['taken by another', { holderIdentity: 'b', leaseTransitions: 1 }],
    ['emptied by hand', { holderIdentity: '' }],
  ])('%s: leadership ends at the next renewal, and nothing is written', async (_, spec) => {
    const a = await leader()
    await election.meddle(spec)
    const before = await election.lease()
    await a.pass(2000)
    expect(a.leads).toBe(false)
    expect(a.result).toMatchObject({ error: { message: 'no longer the leader: another has the Lease' } })
    expect(await election.lease()).toEqual(before)
  })

  test('deleted: it is made anew', async () => {
    const a = await leader()
    await election.delete()
    await a.pass(2000)
    expect((await election.lease()).spec.holderIdentity).toBe('a')
    await a.pass(20_000)
    expect(a.leads).toBe(true)
  })

  test('deleted, and made by another: leadership ends', async () => {
    const a = await leader()
    await election.delete()
    await election.leases.create({
      metadata: { name: 'controller', namespace: 'default' },
      spec: { holderIdentity: 'b' },
    })
    await a.pass(2000)
    expect(a.result).toEqual({ error: lostError })
    expect((await election.lease()).spec.holderIdentity).toBe('b')
  })
})

describe('told to stop', () => {
  test('renews until its work has ended, then releases', async () => {
    const a = await leader({ obedient: false })
    const reason = new Error('SIGTERM')
    a.stop.abort(reason)
    expect(a.work?.signal.reason).toBe(reason)
    // What is under way may still be written: it is leader as long as it says so.
    expect(a.work?.isLeader()).toBe(true)
    await a.pass(60_000)
    expect(a.result).toBe('running')
    const { spec } = await election.lease()
    expect(spec).toMatchObject({ holderIdentity: 'a', renewTime: '2026-01-01T00:01:00.000000Z' })
    a.finish()
    await a.settled()
    expect(a.result).toBe('ended')
    expect((await election.lease()).spec).toEqual({
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: '2026-01-01T00:01:00.000000Z',
      renewTime: '2026-01-01T00:01:00.000000Z',
      leaseTransitions: 0,
    })
    expect(a.work?.isLeader()).toBe(false)
    expect(a.leaders).toEqual(['a', ''])
    expect(a.logged.at(-1)).toBe('info stopped leading')
    expect(a.clock.timers).toBe(0)
    const calls = a.calls.length
    await a.pass(60_000)
    expect(a.calls.length).toBe(calls)
  })

  test('and fails to renew meanwhile: it is no leader from the deadline on', async () => {
    const a = await leader({ obedient: false })
    a.stop.abort()
    election.simulator.faults.add({ times: Infinity, fault: { kind: 'reset' } })
    await a.pass(10_000)
    expect(a.work?.isLeader()).toBe(false)
    a.finish()
    await a.settled()
    expect(a.result).toEqual({ error: lostError })
  })

  test('with the reason of the signal as the error of its work: all went well', async () => {
    const a = await leader({ obedient: false })
    const reason = new Error('SIGTERM')
    a.stop.abort(reason)
    a.fail(reason)
    await a.settled()
    expect(a.result).toBe('ended')
    expect((await election.lease()).spec.holderIdentity).toBe('')
  })
})

describe('its work ends by itself', () => {
  test('well: releases', async () => {
    const a = await leader()
    a.finish()
    await a.settled()
    expect(a.result).toBe('ended')
    expect((await election.lease()).spec.holderIdentity).toBe('')
  })

  test('with an error: releases, then tells it', async () => {
    const a = await leader()
    a.fail(new Error('no such table'))
    await a.settled()
    expect(a.result).toEqual({ error: new Error('no such table') })
    expect((await election.lease()).spec.holderIdentity).toBe('')
    expect(a.clock.timers).toBe(0)
  })

  test('with an error because leadership was lost: the loss is told, the error logged', async () => {
    const a = await leader({ obedient: false })
    await election.meddle({ holderIdentity: 'b' })
    await a.pass(2000)
    a.fail(new Error('half done'))
    await a.settled()
    expect(a.result).toEqual({ error: lostError })
    expect(a.logged.at(-1)).toBe('warn the leader failed when it lost the lease')
  })

  test('while a renewal is on the way: released all the same', async () => {
    const a = await leader()
    await a.clock.advance(2000)
    a.finish()
    await a.settled()
    expect(a.result).toBe('ended')
    expect((await election.lease()).spec.holderIdentity).toBe('')
  })

  test('after another took over unnoticed: the other keeps it', async () => {
    const a = await leader()
    await election.meddle({ holderIdentity: 'b' })
    const before = await election.lease()
    a.finish()
    await a.settled()
    expect(a.result).toBe('ended')
    expect(await election.lease()).toEqual(before)
  })

  test.each([
    ['no answer', { kind: 'hang' }, 5000],
    ['a refusal', { kind: 'status', code: 500 }, 0],
    ['a reset', { kind: 'reset' }, 0],
  ] as const)('and the release meets %s: that is told, and delays nobody for long', async (_, fault, ms) => {
    const a = await leader()
    election.simulator.faults.add({ times: Infinity, fault })
    a.finish()
    await a.pass(ms)
    expect(a.result).toBe('ended')
    expect(a.logged).toContain('warn the lease is not released: the next leader waits')
    expect(a.clock.timers).toBe(0)
  })

  test('and somebody labels the Lease while it is released: it is read again', async () => {
    const a = await leader()
    election.simulator.faults.add({
      match: { method: 'PUT' },
      times: 2,
      fault: { kind: 'status', code: 409, reason: 'Conflict' },
    })
    a.finish()
    await a.settled()
    expect(a.calls.slice(2)).toEqual(['GET 200', 'PUT 409', 'GET 200', 'PUT 409', 'GET 200', 'PUT 200'])
    expect((await election.lease()).spec.holderIdentity).toBe('')
  })
})
