import { expect, test } from 'vitest'
import { ProviderError } from './errors.ts'
import { orRefusal, refusals, valueOf } from './reading.ts'

const denied = (action: string): ProviderError =>
  new ProviderError('unauthorized', `may not ${action}`, { code: 'denied', action })
const isDenied = ({ code }: ProviderError): boolean => code === 'denied'

test('a value, a refusal, and what is neither', async () => {
  expect(valueOf(await orRefusal(() => Promise.resolve(1), isDenied))).toBe(1)
  const refused = await orRefusal<number>(() => Promise.reject(denied('list')), isDenied)
  expect(refused).toMatchObject({ unread: { message: 'may not list' } })
  expect(valueOf(refused)).toBeUndefined()
  const fault = new ProviderError('transient', 'down', { code: 'down' })
  for (const error of [fault, new TypeError('bug')])
    await expect(orRefusal(() => Promise.reject(error), isDenied)).rejects.toBe(error)
})

test('refusals: one for each action, with all that is not known for it', () => {
  const readings = {
    nodes: { unread: denied('list') },
    tables: { value: [] },
    rules: { unread: denied('get') },
    peers: { unread: denied('list') },
  }
  const unknown = { nodes: 'where', tables: 'which', rules: 'whether', peers: 'who' }
  expect(refusals(readings, unknown)).toMatchObject([
    { error: { action: 'list' }, names: ['nodes', 'peers'], unknown: ['where', 'who'] },
    { error: { action: 'get' }, names: ['rules'], unknown: ['whether'] },
  ])
})
