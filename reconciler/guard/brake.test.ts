import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { Brake, type BrakeAnswer } from './brake.ts'

function make(graceMs = 0) {
  const time = { now: 0 }
  const brake = new Brake({
    count: 3,
    share: 0.2,
    windowMs: 1_000,
    graceMs,
    monotonic: () => time.now,
  })
  const ask = (...keys: readonly string[]): readonly BrakeAnswer['answer'][] =>
    keys.map((key) => brake.ask(key, 10).answer)
  return { ask, brake, time }
}

describe('without a grace', () => {
  test('as many as may pass do, the next ones are held', () => {
    expect(make().ask('a', 'b', 'c', 'd', 'e')).toEqual(['go', 'go', 'go', 'held', 'held'])
  })

  test('both limits have to be passed: of many, a few more are no wave', () => {
    const { brake } = make()
    const answers = ['a', 'b', 'c', 'd'].map((key) => brake.ask(key, 100).answer)
    expect(answers).toEqual(['go', 'go', 'go', 'go'])
  })

  test('what passed before a restart counts', () => {
    const { ask, brake, time } = make()
    brake.restorePassed(2)
    expect(ask('a', 'b')).toEqual(['go', 'held'])
    time.now = 1_001
    expect(ask('c', 'd', 'e')).toEqual(['go', 'go', 'held'])
  })

  test('the window slides', () => {
    const { ask, time } = make()
    ask('a', 'b', 'c')
    time.now = 1_001
    expect(ask('d', 'e', 'f', 'g')).toEqual(['go', 'go', 'go', 'held'])
  })

  test('what is held stays held when the wave is over', () => {
    const { ask, time } = make()
    ask('a', 'b', 'c', 'd')
    time.now = 10_000
    expect(ask('d')).toEqual(['held'])
  })

  test('until it is let go', () => {
    const { ask, brake, time } = make()
    ask('a', 'b', 'c', 'd')
    brake.drop('d')
    expect(brake.held).toBe(0)
    time.now = 10_000
    expect(ask('d')).toEqual(['go'])
  })

  test('what asks again, since its write failed, counts once', () => {
    const { ask } = make()
    expect(ask('a', 'a', 'a', 'a', 'b', 'c', 'd')).toEqual(['go', 'go', 'go', 'go', 'go', 'go', 'held'])
  })

  test('what wanted nothing meanwhile counts again', () => {
    const { ask, brake } = make()
    for (let time = 0; time < 3; time++) {
      expect(ask('a')).toEqual(['go'])
      brake.drop('a')
    }
    expect(ask('a')).toEqual(['held'])
  })

  test('what is held counts: after a restart none slips through', () => {
    const { ask, brake } = make()
    for (const key of ['a', 'b', 'c']) brake.restore(key)
    expect(ask('d')).toEqual(['held'])
    expect(brake.heldKeys()).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('with a grace', () => {
  test('a single one waits for it, and passes', () => {
    const { ask, brake, time } = make(100)
    expect(brake.ask('a', 10)).toEqual({ answer: 'wait', ms: 100 })
    time.now = 40
    expect(brake.ask('a', 10)).toEqual({ answer: 'wait', ms: 60 })
    time.now = 100
    expect(ask('a')).toEqual(['go'])
  })

  test('a wave is held as a whole: not even the first one passes', () => {
    const { ask, time } = make(100)
    ask('a', 'b', 'c', 'd')
    time.now = 100
    expect(ask('a', 'b', 'c', 'd')).toEqual(['held', 'held', 'held', 'held'])
  })

  test('who changes its mind meanwhile does not count', () => {
    const { ask, brake, time } = make(100)
    ask('a', 'b', 'c', 'd')
    brake.drop('d')
    time.now = 100
    expect(ask('a', 'b', 'c')).toEqual(['go', 'go', 'go'])
  })
})

property.prop([
  fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      later: fc.integer({ min: 0, max: 400 }),
    }),
    {
      maxLength: 60,
    },
  ),
])('never do more pass in a window than may', (asks) => {
  const { brake, time } = make()
  const passed = new Map<string, number>()
  for (const { key, later } of asks) {
    time.now += later
    if (brake.ask(key, 10).answer === 'go') passed.set(key, time.now)
    expect([...passed.values()].filter((at) => at > time.now - 1_000).length).toBeLessThanOrEqual(3)
  }
})
