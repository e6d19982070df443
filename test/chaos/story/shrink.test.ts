import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { shrink } from './shrink.ts'

test('what is to blame is left, and nothing else', async () => {
  const all = Array.from({ length: 40 }, (_, index) => index)
  const fails = (some: readonly number[]): Promise<boolean> =>
    Promise.resolve(some.includes(3) && some.includes(17) && some.includes(39))
  expect(await shrink(all, fails)).toEqual([3, 17, 39])
})

test('nothing is left of what fails by itself', async () => {
  expect(await shrink([1, 2, 3], () => Promise.resolve(true))).toEqual([])
})

test.prop([fc.uniqueArray(fc.nat(60), { maxLength: 30 }), fc.nat(7)])(
  'no one of what is left can be spared',
  async (all, modulus) => {
    const fails = (some: readonly number[]): Promise<boolean> =>
      Promise.resolve(some.filter((one) => one % (modulus + 2) === 0).length >= 2)
    if (!(await fails(all))) return
    const left = await shrink(all, fails)
    expect(await fails(left)).toBe(true)
    for (const one of left) expect(await fails(left.filter((other) => other !== one))).toBe(false)
  },
)
