import { expect, test } from 'vitest'
import { defaultCacheDir } from './cache-folder.ts'

test.each([
  ['in XDG_CACHE_HOME', { XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c/podway'],
  ['in the home without it', { HOME: '/h' }, '/h/.cache/podway'],
  ['in the home where it is empty', { XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/podway'],
  ['in the home where it is relative', { XDG_CACHE_HOME: 'c', HOME: '/h' }, '/h/.cache/podway'],
])('the cache folder is %s', (_where, environment, expected) => {
  expect(defaultCacheDir(environment)).toBe(expected)
})
