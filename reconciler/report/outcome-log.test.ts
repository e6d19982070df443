import { expect, test } from 'vitest'
import type { LogFields, Logger } from '../../kube/log.ts'
import type { Change } from '../../providers/provider.ts'
import type { AnsweredChange } from '../route-writer.ts'
import { destination, failed, instance } from '../testing/values.ts'
import { outcomeLog } from './outcome-log.ts'

function makeLog(): { readonly log: Logger; readonly lines: unknown[] } {
  const lines: unknown[] = []
  const at =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void lines.push([level, message, fields])
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines }
}

const answered = (change: Change, more: Partial<AnsweredChange> = {}): AnsweredChange => ({
  table: { id: 't' },
  change,
  reason: 'Moved',
  outcome: { result: 'done' },
  node: 'n',
  ms: 12.6,
  ...more,
})
const where = { table: 't', destination: '10.244.3.0/24', node: 'n', reason: 'Moved', ms: 13 }

test.each<[op: string, change: Change, line: unknown]>([
  [
    'create',
    { op: 'create', destination, target: instance('a') },
    ['info', 'route created', { op: 'create', ...where, target: 'instance/a' }],
  ],
  [
    'replace',
    { op: 'replace', destination, from: instance('b'), target: instance('a') },
    ['info', 'route replaced', { op: 'replace', ...where, from: 'instance/b', target: 'instance/a' }],
  ],
  [
    'delete',
    { op: 'delete', destination, from: instance('b') },
    ['info', 'route deleted', { op: 'delete', ...where, from: 'instance/b' }],
  ],
])('%s', (_op, change, line) => {
  const { log, lines } = makeLog()
  outcomeLog(log)(answered(change))
  expect(lines).toEqual([line])
})

const remove: Change = { op: 'delete', destination, from: instance('b') }

test('a failure says its class and code', () => {
  const { log, lines } = makeLog()
  outcomeLog(log)(answered(remove, { outcome: failed('quota') }))
  expect(lines).toEqual([
    [
      'warn',
      'it is quota',
      { op: 'delete', ...where, from: 'instance/b', class: 'quota', code: 'Test', requestId: undefined },
    ],
  ])
})

test('a failure that stays the same is told once; in each table for itself, and again after a success', () => {
  const { log, lines } = makeLog()
  const tell = outcomeLog(log)
  const quota = answered(remove, { outcome: failed('quota') })
  for (const one of [quota, quota, { ...quota, table: { id: 'u' } }, answered(remove), quota]) tell(one)
  tell(answered(remove, { outcome: failed('unauthorized') }))
  expect(lines.map((line) => (line as [string])[0])).toEqual([
    'warn',
    'debug',
    'warn',
    'info',
    'warn',
    'warn',
  ])
})
