import { expect } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import { pageOf } from './paging.ts'
import { readParameters } from './parameters.ts'

const ids = fc
  .uniqueArray(fc.integer({ min: 1, max: 0xffff }), { maxLength: 40 })
  .map((numbers) => numbers.map((n) => `rtb-${n.toString(16).padStart(17, '0')}`))

const page = (records: readonly string[], size: number, token: string | undefined) =>
  pageOf(
    records,
    readParameters(
      new Map([
        ['MaxResults', String(size)],
        ...(token === undefined ? [] : [['NextToken', token] as const]),
      ]),
    ),
    (id) => id,
    100,
  )

test.prop([ids, fc.integer({ min: 5, max: 12 })])(
  'the pages together are all records, each once, in the order of ids',
  (records, size) => {
    const seen: string[] = []
    let token: string | undefined
    do {
      const { records: some, nextToken } = page(records, size, token)
      expect(some.length).toBe(Math.min(size, records.length - seen.length))
      seen.push(...some)
      token = nextToken
    } while (token !== undefined)
    expect(seen).toEqual([...records].sort())
  },
)

test.prop([ids, fc.nat(), fc.integer({ min: 5, max: 12 })])(
  'a record that goes between two pages takes no other one with it',
  (records, which, size) => {
    const first = page(records, size, undefined)
    fc.pre(first.nextToken !== undefined)
    const gone = records[which % records.length]
    const left = records.filter((id) => id !== gone)
    const rest = pageOf(left, readParameters(new Map([['NextToken', first.nextToken]])), (id) => id, 100)
    expect(new Set([...first.records, ...rest.records, gone])).toEqual(new Set(records))
  },
)
