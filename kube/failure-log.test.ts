import { expect, test } from 'vitest'
import { type Failure, FailureLog } from './failure-log.ts'
import type { LogFields, Logger } from './log.ts'

function make() {
  const lines: string[] = []
  const at =
    (level: keyof Logger) =>
    (fields: LogFields, message: string): void =>
      void lines.push(`${level}: ${message} ${JSON.stringify(fields)}`)
  const failures = new FailureLog({
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  })
  return { failures, lines }
}

const full = (attempt: number): Failure => ({
  level: 'warn',
  what: 'quota',
  fields: { attempt },
  message: 'it is full',
})
const refused: Failure = { level: 'error', what: 'unauthorized', fields: {}, message: 'it is forbidden' }

test('told once while it stays the same, though its fields differ', () => {
  const { failures, lines } = make()
  for (const attempt of [1, 2, 3]) failures.tell('a', full(attempt))
  expect(lines).toEqual([
    'warn: it is full {"attempt":1}',
    'debug: it is full {"attempt":2}',
    'debug: it is full {"attempt":3}',
  ])
})

test('told again when it changes, and when it changes back', () => {
  const { failures, lines } = make()
  for (const failure of [full(1), refused, refused, full(2)]) failures.tell('a', failure)
  expect(lines.map((line) => line.split(':')[0])).toEqual(['warn', 'error', 'debug', 'warn'])
})

test('told again after it was over', () => {
  const { failures, lines } = make()
  failures.tell('a', full(1))
  failures.over('a')
  failures.over('a')
  failures.tell('a', full(2))
  expect(lines.map((line) => line.split(':')[0])).toEqual(['warn', 'warn'])
})

test('one key’s failure does not silence another’s', () => {
  const { failures, lines } = make()
  failures.tell('a', full(1))
  failures.tell('b', full(1))
  expect(lines.map((line) => line.split(':')[0])).toEqual(['warn', 'warn'])
})
