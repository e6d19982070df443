import { expect } from 'vitest'
import type { ErrorClass } from '../../providers/errors.ts'
import type { Change } from '../../providers/provider.ts'
import type { Target } from '../../providers/route.ts'
import { type Declare, apply, at, create, done, failed, list, signal, v4, writesDuring } from './harness.ts'
import type { Failure } from './provider-world.ts'

const cases: readonly (readonly [op: Change['op'], failure: Failure, expected: ErrorClass])[] = [
  ['create', 'throttled', 'throttled'],
  ['create', 'unauthorized', 'unauthorized'],
  ['create', 'quota', 'quota'],
  ['create', 'lost', 'unknown-outcome'],
  ['replace', 'throttled', 'throttled'],
  ['replace', 'lost', 'unknown-outcome'],
  ['delete', 'unauthorized', 'unauthorized'],
  ['delete', 'lost', 'unknown-outcome'],
]

export function declareFailures(declare: Declare): void {
  // https://github.com/aws/aws-sdk-js-v3/issues/4754: retries inside multiply those outside.
  for (const [op, failure, expected] of cases) {
    declare(`${op}, ${failure}: ${expected} after one attempt, and done the next time`, async (world) => {
      const table = await world.addTable('a')
      const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
      if (op !== 'create') await create(world, table, v4, one.target)
      world.failNext(op, failure)
      const change = changeOf(op, one.target, two.target)
      const attempt = async (): Promise<void> =>
        expect(await apply(world, table, change)).toEqual([failed(expected)])
      expect(await writesDuring(world, attempt)).toBe(1)
      expect(await apply(world, table, change)).toMatchObject([done])
      const left = await at(world, table, v4)
      expect(left?.target).toEqual(change.op === 'delete' ? undefined : change.target)
    })
  }

  declare('list, throttled: rejects as throttled, and works the next time', async (world) => {
    const table = await world.addTable('a')
    world.failNext('list', 'throttled')
    await expect(list(world, table)).rejects.toMatchObject({ name: 'ProviderError', class: 'throttled' })
    expect(await at(world, table, v4)).toBeUndefined()
  })

  declare("an abort rejects with the signal's reason, and nothing is written", async (world) => {
    const table = await world.addTable('a')
    const node = await world.addNode('node-1')
    const reason = new Error('the lease is lost')
    const aborted = AbortSignal.abort(reason)
    const changes: Change[] = [{ op: 'create', destination: v4, target: node.target }]
    const calls: readonly (() => Promise<unknown>)[] = [
      () => world.provider.tables(aborted),
      () => world.provider.list(table, aborted),
      () => world.provider.targets([{ node: node.view, family: 4 }], aborted),
      () => world.provider.apply(table, { changes }, aborted),
      () => world.provider.prepare?.([node.target], aborted) ?? Promise.reject(reason),
    ]
    const run = async (): Promise<void> => {
      for (const call of calls) await expect(call()).rejects.toBe(reason)
    }
    expect(await writesDuring(world, run)).toBe(0)
    expect(await world.provider.list(table, signal)).toBeDefined()
  })
}

function changeOf(op: Change['op'], one: Target, two: Target): Change {
  switch (op) {
    case 'create':
      return { op, destination: v4, target: one }
    case 'replace':
      return { op, destination: v4, from: one, target: two }
    case 'delete':
      return { op, destination: v4, from: one }
  }
}
