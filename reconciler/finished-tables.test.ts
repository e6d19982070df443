import { expect, test } from 'vitest'
import { MemoryCloud } from '../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../providers/memory/memory-provider.ts'
import { ProviderError } from '../providers/errors.ts'
import type { RouteProvider } from '../providers/provider.ts'
import { finishing } from './finished-tables.ts'

const { signal } = new AbortController()
const table = { id: 'table-1' }

/** Its table is unfinished until it is finished. */
function unfinished(finish: RouteProvider['finish']): { provider: RouteProvider; readonly calls: string[] } {
  const calls: string[] = []
  let isFinished = false
  const provider: RouteProvider = {
    ...memoryProvider(new MemoryCloud()),
    list: () => {
      calls.push('list')
      return Promise.resolve({ routes: [], ...(isFinished ? {} : { isUnfinished: true }) })
    },
    ...(finish === undefined
      ? {}
      : {
          finish: async (...about) => {
            calls.push('finish')
            await finish(...about)
            isFinished = true
          },
        }),
  }
  return { provider, calls }
}

test('an unfinished table is finished, and listed again', async () => {
  const { calls, provider } = unfinished(() => Promise.resolve())
  const wrapped = finishing(provider)
  expect(await wrapped.list(table, signal)).toEqual({ routes: [] })
  expect(calls).toEqual(['list', 'finish', 'list'])
  await wrapped.list(table, signal)
  expect(calls).toEqual(['list', 'finish', 'list', 'list'])
})

test('one that can’t be finished can’t be read', async () => {
  const error = new ProviderError('transient', 'not now', { code: 'Busy' })
  const { provider } = unfinished(() => Promise.reject(error))
  await expect(finishing(provider).list(table, signal)).rejects.toBe(error)
})

test.each(['invalid', 'quota'] as const)('one that is refused as %s is read as it is', async (errorClass) => {
  const error = new ProviderError(errorClass, 'a bad route', { code: 'InvalidNextHop' })
  const { provider } = unfinished(() => Promise.reject(error))
  expect(await finishing(provider).list(table, signal)).toEqual({ routes: [], isUnfinished: true })
})

test('a cloud that has no such tables is left as it is', () => {
  const { provider } = unfinished(undefined)
  expect(finishing(provider)).toBe(provider)
})
