import { beforeAll, expect, test } from 'vitest'
import { describeWithPython } from '../python/describe-with-python.ts'
import { type WireAnswer, ensureGceClient, walk } from './run.ts'

await describeWithPython('the walk over an answer of Compute Engine', () => {
  const get = (body: unknown, status = 200): WireAnswer => ({
    httpMethod: 'GET',
    path: 'projects/p/global/routes/r',
    status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const refusal = {
    code: 404,
    message: 'no',
    errors: [{ message: 'no', domain: 'global', reason: 'notFound' }],
  }

  const cases: readonly (readonly [what: string, answer: WireAnswer, problems: readonly string[]])[] = [
    ['a good answer', get({ kind: 'compute#route', name: 'r', priority: 1000, tags: ['x'], id: '1' }), []],
    ['a good refusal', get({ error: refusal }, 404), []],
    ['an unknown field', get({ nextHop: 'x' }), ['nextHop: unknown']],
    [
      'an unknown field of what is in a list',
      get({ warnings: [{ kode: 'x' }] }),
      ['warnings/item/kode: unknown'],
    ],
    ['a value of another type', get({ priority: '1000' }), ["priority: '1000' is no uint32"]],
    ['a number that is too large', get({ priority: 2 ** 32 }), ['priority: 4294967296 is no uint32']],
    ['a long that is a number', get({ id: 1 }), ['id: 1 is no uint64']],
    [
      'a value that is none of the enumeration',
      get({ routeType: 'X' }),
      ["routeType: 'X' is no string of the enumeration"],
    ],
    ['a name that is none', get({ name: 'R' }), ["name: 'R' is no string"]],
    ['a list that is none', get({ tags: 'x' }), ['tags: no list']],
    ['an empty list', get({ tags: [] }), ['tags: an empty list, which Google leaves out']],
    ['an object that is none', get([]), [': no object']],
    ['no JSON', get('<html>'), ['routes.get: the body is no JSON']],
    [
      'a refusal with another code',
      get({ error: { ...refusal, code: 400 } }, 404),
      ['error/code: not 404, the status of the answer'],
    ],
    [
      'a refusal without a reason',
      get({ error: { code: 404, message: 'no' } }, 404),
      ['error: without a message or a reason'],
    ],
    ['a path of no method', { ...get({}), path: 'nowhere' }, ['GET nowhere: no method of the API']],
  ]
  let found: readonly (readonly string[])[]

  beforeAll(async () => {
    found = await walk(
      await ensureGceClient(),
      cases.map(([, answer]) => answer),
    )
  })

  test.each(cases.map(([what, , problems], index) => [what, index, problems] as const))(
    '%s',
    (_what, index, problems) => {
      expect(found[index]).toEqual(problems)
    },
  )
})
