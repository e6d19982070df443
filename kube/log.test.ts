import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Logger } from './log.ts'

test('a pino logger is one', () => {
  const lines: string[] = []
  const log: Logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
  log.warn({ node: 'a' }, 'text')
  expect(JSON.parse(lines.join(''))).toMatchObject({ node: 'a', msg: 'text', level: 40 })
})
