import { describe, expect, test } from 'vitest'
import { Coalescer } from './coalesce.ts'

interface Batch {
  readonly lane: string
  readonly items: readonly number[]
  readonly answer: (results: readonly string[]) => void
  readonly fail: (error: Error) => void
}

/** A coalescer whose batches a test answers. */
function makeLanes(max: number): { readonly lanes: Coalescer<number, string>; readonly batches: Batch[] } {
  const batches: Batch[] = []
  const lanes = new Coalescer<number, string>(
    (lane, items) => new Promise((answer, fail) => void batches.push({ lane, items, answer, fail })),
    { max },
  )
  return { lanes, batches }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const echo = (batch: Batch | undefined): void => batch?.answer(batch.items.map((item) => `done ${item}`))

test('what is submitted in one go travels together, in order', async () => {
  const { lanes, batches } = makeLanes(10)
  const results = Promise.all([1, 2, 3].map((item) => lanes.submit('a', item)))
  await turn()
  expect(batches).toMatchObject([{ lane: 'a', items: [1, 2, 3] }])
  echo(batches[0])
  expect(await results).toEqual(['done 1', 'done 2', 'done 3'])
})

test('what arrives meanwhile is the next batch; a lane never overlaps', async () => {
  const { lanes, batches } = makeLanes(10)
  const first = lanes.submit('a', 1)
  await turn()
  const rest = [lanes.submit('a', 2), lanes.submit('a', 3)]
  await turn()
  expect(batches).toHaveLength(1)
  echo(batches[0])
  expect(await first).toBe('done 1')
  await turn()
  expect(batches[1]).toMatchObject({ items: [2, 3] })
  echo(batches[1])
  expect(await Promise.all(rest)).toEqual(['done 2', 'done 3'])
})

test('a batch is never longer than allowed', async () => {
  const { lanes, batches } = makeLanes(2)
  const results = Promise.all([1, 2, 3].map((item) => lanes.submit('a', item)))
  await turn()
  echo(batches[0])
  await turn()
  echo(batches[1])
  await results
  expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3]])
})

test('lanes do not wait for each other', async () => {
  const { lanes, batches } = makeLanes(10)
  void lanes.submit('slow', 1)
  const quick = lanes.submit('quick', 2)
  await turn()
  echo(batches.find(({ lane }) => lane === 'quick'))
  expect(await quick).toBe('done 2')
})

describe('a batch that fails', () => {
  test('fails for each of its callers, and the next one goes on', async () => {
    const { lanes, batches } = makeLanes(2)
    const results = Promise.allSettled([1, 2, 3].map((item) => lanes.submit('a', item)))
    await turn()
    batches[0]?.fail(new Error('no'))
    await turn()
    echo(batches[1])
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })

  test('too few results: those without one fail, no one waits for ever', async () => {
    const { lanes, batches } = makeLanes(10)
    const results = Promise.allSettled([1, 2].map((item) => lanes.submit('a', item)))
    await turn()
    batches[0]?.answer(['done 1'])
    expect(await results).toMatchObject([
      { status: 'fulfilled', value: 'done 1' },
      { status: 'rejected', reason: { message: 'a batch of 2 got 1 results' } },
    ])
  })

  test('a function that throws at once is a failure too', async () => {
    const lanes = new Coalescer<number, string>(
      () => {
        throw new Error('at once')
      },
      { max: 1 },
    )
    await expect(lanes.submit('a', 1)).rejects.toThrow('at once')
    await expect(lanes.submit('a', 2)).rejects.toThrow('at once')
  })
})
