import { fc, test as check } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { TargetRounds } from './target-rounds.ts'

const none: ReadonlySet<string> = new Set()

describe('rounds of looks at targets', () => {
  test('each has its turn, those that are new first', () => {
    const rounds = new TargetRounds()
    expect(rounds.next(['a', 'b', 'c'], none, 2)).toEqual(['a', 'b'])
    expect(rounds.next(['a', 'b', 'c', 'd'], none, 2)).toEqual(['c', 'd'])
    expect(rounds.next(['a', 'b', 'c', 'd'], none, 2)).toEqual(['a', 'b'])
  })

  test('a suspect is looked at each time, and takes nobody’s turn', () => {
    const rounds = new TargetRounds()
    const suspects = new Set(['c', 'gone'])
    expect(rounds.next(['a', 'b', 'c'], suspects, 1)).toEqual(['c', 'a'])
    expect(rounds.next(['a', 'b', 'c'], suspects, 1)).toEqual(['c', 'b'])
  })

  test('suspects are as few at a time', () => {
    const rounds = new TargetRounds()
    const suspects = new Set(['b', 'c', 'd'])
    expect(rounds.next(['a', 'b', 'c', 'd'], suspects, 2)).toEqual(['b', 'c', 'a'])
    expect(rounds.next(['a', 'b', 'c', 'd'], suspects, 2)).toEqual(['d', 'b', 'a'])
  })

  check.prop([fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 })])(
    'as many looks as it takes reach everybody',
    (nodes, count) => {
      const rounds = new TargetRounds()
      const names = Array.from({ length: nodes }, (_, index) => `node-${index}`)
      const looks = Array.from({ length: Math.ceil(nodes / count) }, () => rounds.next(names, none, count))
      expect(new Set(looks.flat())).toEqual(new Set(names))
    },
  )
})
