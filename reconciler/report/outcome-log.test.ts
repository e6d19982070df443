import { expect, test } from 'vitest'
import type { LogFields, Logger } from '../../kube/log.ts'
import type { Change } from '../../providers/provider.ts'
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

const where = { table: 't', destination: '10.244.3.0/24' }

test.each<[op: string, change: Change, line: unknown]>([
  [
    'create',
    { op: 'create', destination, target: instance('a') },
    ['info', 'route created', { op: 'create', ...where, target: 'instance/a', node: 'n' }],
  ],
  [
    'replace',
    { op: 'replace', destination, from: instance('b'), target: instance('a') },
    [
      'info',
      'route replaced',
      { op: 'replace', ...where, from: 'instance/b', target: 'instance/a', node: 'n' },
    ],
  ],
  [
    'delete',
    { op: 'delete', destination, from: instance('b') },
    ['info', 'route deleted', { op: 'delete', ...where, from: 'instance/b', node: 'n' }],
  ],
])('%s', (_op, change, line) => {
  const { log, lines } = makeLog()
  outcomeLog(log)({ id: 't' }, change, { result: 'done' }, { name: 'n' })
  expect(lines).toEqual([line])
})

test('a failure says its class and code; without a holder there is no node', () => {
  const { log, lines } = makeLog()
  outcomeLog(log)({ id: 't' }, { op: 'delete', destination, from: instance('b') }, failed('quota'), undefined)
  expect(lines).toEqual([
    [
      'warn',
      'it is quota',
      { op: 'delete', ...where, from: 'instance/b', class: 'quota', code: 'Test', requestId: undefined },
    ],
  ])
})
