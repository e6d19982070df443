import { expect, test } from 'vitest'
import { inParallel } from './in-parallel.ts'

test('as many at a time as are allowed, in the order of the items', async () => {
  let running = 0
  let most = 0
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<undefined>())
  const done = inParallel([0, 1, 2, 3, 4], 2, async (item) => {
    most = Math.max(most, ++running)
    await gates[item]?.promise
    running--
    return item * 10
  })
  for (const gate of gates.toReversed()) gate.resolve(undefined)
  expect(await done).toEqual([0, 10, 20, 30, 40])
  expect(most).toBe(2)
})

test('a slow item holds up only its own lane', async () => {
  const slow = Promise.withResolvers<undefined>()
  const seen: string[] = []
  const done = inParallel(['slow', 'a', 'b', 'c'], 2, async (item) => {
    if (item === 'slow') await slow.promise
    seen.push(item)
    if (seen.length === 3) slow.resolve(undefined)
  })
  await done
  expect(seen).toEqual(['a', 'b', 'c', 'slow'])
})

test('nothing to do', async () => {
  expect(await inParallel([], 4, () => Promise.reject(new Error('not called')))).toEqual([])
})

test('a failure is the failure of all', async () => {
  const work = (item: number): Promise<number> =>
    item === 1 ? Promise.reject(new Error('one')) : Promise.resolve(item)
  await expect(inParallel([0, 1, 2], 2, work)).rejects.toThrow('one')
})
