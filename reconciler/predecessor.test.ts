import { describe, expect, test } from 'vitest'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import type { LogFields } from '../kube/log.ts'
import { ProviderError } from '../providers/errors.ts'
import type { RouteProvider } from '../providers/provider.ts'
import type { Target } from '../providers/route.ts'
import type { LedgerRecord } from './ledger/record.ts'
import { untilPredecessorIsQuiet } from './predecessor.ts'
import { instance, record } from './testing/values.ts'

interface World {
  readonly clock: ManualClock
  readonly asked: (readonly Target[])[]
  readonly warnings: string[]
  readonly stop: AbortController
  readonly ended: Promise<unknown>
  isOver(): boolean
}

function start(answers: readonly (ProviderError | 'quiet')[], records: readonly LedgerRecord[] = []): World {
  const clock = new ManualClock()
  const asked: (readonly Target[])[] = []
  const warnings: string[] = []
  const ignore = (): void => undefined
  const warn = (_: LogFields, message: string): void => void warnings.push(message)
  const untilQuiet: RouteProvider['untilQuiet'] = (targets) => {
    asked.push(targets)
    const answer = answers[asked.length - 1] ?? answers.at(-1) ?? 'quiet'
    return answer === 'quiet' ? Promise.resolve() : Promise.reject(answer)
  }
  const stop = new AbortController()
  let over = false
  const ended = untilPredecessorIsQuiet(
    { untilQuiet },
    { all: () => records },
    { clock, log: { debug: ignore, info: ignore, warn, error: ignore } },
    stop.signal,
  ).finally(() => void (over = true))
  ended.catch(ignore)
  return { clock, asked, warnings, stop, ended, isOver: () => over }
}

const failure = (errorClass: 'throttled' | 'unauthorized'): ProviderError =>
  new ProviderError(errorClass, 'no', { code: 'X' })

describe('a new leader waits until the cloud is quiet', () => {
  test('about all targets that the ledger knows, each once', async () => {
    const moving = record({ target: instance('new'), previousTargets: [instance('old'), instance('older')] })
    const world = start(['quiet'], [moving, record({ target: instance('new') })])
    await world.ended
    expect(world.asked).toEqual([[instance('new'), instance('old'), instance('older')]])
  })

  test('a cloud that throttles is asked again', async () => {
    const world = start([failure('throttled'), failure('throttled'), 'quiet'])
    await world.clock.advance(3_000)
    expect(world.isOver()).toBe(false)
    await world.clock.advance(1_000)
    await world.ended
    expect(world.asked).toHaveLength(3)
    expect(world.warnings).toEqual([])
  })

  test('one that never answers, or may not be asked, does not keep it from work', async () => {
    const silent = start([failure('throttled')])
    await silent.clock.advance(59_000)
    expect(silent.isOver()).toBe(false)
    await silent.clock.advance(2_000)
    await silent.ended
    const closed = start([failure('unauthorized')])
    await closed.ended
    expect(closed.asked).toHaveLength(1)
    for (const { warnings } of [silent, closed])
      expect(warnings).toEqual(['what an earlier leader has begun can’t be seen: going on'])
  })

  test('whoever is stopped meanwhile stops', async () => {
    const world = start([failure('throttled')])
    await world.clock.advance(1_000)
    world.stop.abort(new Error('stopped'))
    await expect(world.ended).rejects.toThrow('stopped')
  })

  test('a cloud that shows nothing of the kind is not asked', async () => {
    const ignore = (): void => undefined
    const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
    const parts = { clock: new ManualClock(), log }
    await untilPredecessorIsQuiet({}, { all: () => [] }, parts, new AbortController().signal)
  })
})
