import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import {
  type Probed,
  type Reachability,
  type Round,
  afterRound,
  isBad,
  roundOf,
  unknownReachability,
} from './reachability.ts'

const round = (asked: number, failed: number): Round => ({
  asked,
  failed: Array.from({ length: failed }, (_, n) => `node-${n}: no answer`),
})

test.each<[asked: number, failed: number, bad: boolean]>([
  [0, 0, false],
  [1, 0, false],
  [1, 1, true],
  [2, 1, false],
  [2, 2, true],
  [8, 4, false],
  [8, 5, true],
])('of %i asked, %i failed: bad is %j', (asked, failed, bad) => {
  expect(isBad(round(asked, failed))).toBe(bad)
})

test('a peer counts once, and fails if one of its families does', () => {
  const probed = (peer: string, to: string, ms: number | undefined): Probed => ({
    probe: { peer, from: parseAddress(to), to: parseAddress(to) },
    ms,
    ...(ms === undefined && { why: 'EHOSTUNREACH' }),
  })
  expect(
    roundOf([
      probed('node-2', '10.244.2.1', 1),
      probed('node-2', 'fd00:2::1', undefined),
      probed('node-3', '10.244.3.1', undefined),
      probed('node-3', 'fd00:3::1', undefined),
      probed('node-4', '10.244.4.1', 2),
    ]),
  ).toEqual({
    asked: 3,
    failed: ['node-2 (fd00:2::1): EHOSTUNREACH', 'node-3 (10.244.3.1): EHOSTUNREACH'],
  })
})

describe('what rounds say in a row', () => {
  /** `+` a good round, `-` a bad one, `0` nobody to ask; the first letter of the verdict after each. */
  const verdicts = (rounds: string): string => {
    const kinds: Readonly<Record<string, Round>> = { '+': round(8, 1), '-': round(8, 7), '0': round(0, 0) }
    let state: Reachability = unknownReachability
    return Array.from(rounds)
      .map((kind) => {
        state = afterRound(state, kinds[kind] ?? round(0, 0))
        return state.verdict.status.charAt(0)
      })
      .join('')
  }
  test.each([
    ['+', 'T'],
    ['0', 'T'],
    ['---', 'UUF'],
    ['--+', 'UUT'],
    ['+---', 'TTTF'],
    ['+--+--+', 'TTTTTTT'],
    ['+--+---', 'TTTTTTF'],
    ['---+-++', 'UUFFFFT'],
    ['---00', 'UUFFT'],
    ['0++', 'TTT'],
  ])('%s', (rounds, told) => expect(verdicts(rounds)).toBe(told))
})

test('the message stays while the reason does: no write each round', () => {
  const first = afterRound({ ...unknownReachability, against: 2 }, round(8, 5))
  const second = afterRound(first, round(8, 8))
  expect(first.verdict).toEqual({
    status: 'False',
    reason: 'PeersDoNotAnswer',
    message:
      '5 of 8 nodes do not answer over the pod network: node-0: no answer; node-1: no answer; node-2: no answer',
  })
  expect(second.verdict).toBe(first.verdict)
  const alone = afterRound(unknownReachability, round(0, 0))
  expect(afterRound(alone, round(3, 0)).verdict.reason).toBe('PeersAnswer')
})
