import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { ServedRange } from './provider.ts'
import { RememberedRanges } from './remembered-ranges.ts'

const minuteMs = 60_000

/** What is answered names the reading that it comes from. */
function makeWorld(): {
  readonly clock: { now: number }
  readonly get: (of: unknown) => Promise<string | undefined>
  readonly failNext: () => void
} {
  const clock = { now: 0 }
  const remembered = new RememberedRanges({ monotonic: () => clock.now })
  let readings = 0
  let fails = false
  const read = (): Promise<readonly ServedRange[]> => {
    const table = `reading ${++readings}`
    if (!fails) return Promise.resolve([{ range: parseCidr('10.0.1.0/24'), table }])
    fails = false
    return Promise.reject(new Error(table))
  }
  return {
    clock,
    get: async (of) => (await remembered.get(of, read))[0]?.table,
    failNext: () => (fails = true),
  }
}

test('the same is read once in a quarter of an hour', async () => {
  const { clock, get } = makeWorld()
  expect(await get(['a'])).toBe('reading 1')
  clock.now += 15 * minuteMs - 1
  expect(await get(['a'])).toBe('reading 1')
  clock.now += 1
  expect(await get(['a'])).toBe('reading 2')
})

test('being asked makes nothing last longer', async () => {
  const { clock, get } = makeWorld()
  for (let asked = 0; asked < 15; asked++, clock.now += minuteMs) expect(await get([])).toBe('reading 1')
  expect(await get([])).toBe('reading 2')
})

test.each([
  ['another table', [{ id: 'a', subnets: [] }], [{ id: 'b', subnets: [] }]],
  ['another subnet', [{ id: 'a', subnets: ['s'] }], [{ id: 'a', subnets: ['t'] }]],
  ['a table less', [{ id: 'a' }, { id: 'b' }], [{ id: 'a' }]],
])('%s is read at once, and what was before is forgotten', async (_, one, other) => {
  const { get } = makeWorld()
  expect(await get(one)).toBe('reading 1')
  expect(await get(other)).toBe('reading 2')
  expect(await get(structuredClone(other))).toBe('reading 2')
  expect(await get(one)).toBe('reading 3')
})

test('a reading that fails leaves nothing that is remembered: not the one before either', async () => {
  const { clock, failNext, get } = makeWorld()
  await get('a')
  clock.now += 15 * minuteMs
  failNext()
  await expect(get('a')).rejects.toThrow('reading 2')
  expect(await get('a')).toBe('reading 3')
})
