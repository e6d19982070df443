import { expect, test } from 'vitest'
import type { Finding } from '../../providers/finding.ts'
import { formatFindings, inOrder, tally } from './findings-report.ts'

const plain = (text: string): string => text
const finding = (more: Partial<Finding> = {}): Finding => ({
  code: 'SomeCode',
  severity: 'warning',
  object: { kind: 'Node', name: 'a' },
  message: 'It is so.',
  fix: 'Change it.',
  ...more,
})

test('the worst first, and otherwise as they were found', () => {
  const findings = (['ok', 'unknown', 'error', 'ok', 'warning'] as const).map((severity, index) =>
    finding({ severity, code: `C${index}` }),
  )
  expect(inOrder(findings).map(({ code }) => code)).toEqual(['C2', 'C4', 'C1', 'C0', 'C3'])
  expect(tally(findings)).toEqual({
    counts: { error: 1, warning: 1, unknown: 1, ok: 2 },
    text: '1 error, 1 warning, 1 unknown, 2 ok',
  })
})

test('only the severity is painted, and the columns stay', () => {
  const text = formatFindings([finding()], 'table', (word, severity) => `<${severity}:${word}>`)
  expect(text).toBe('<warning:warning  >SomeCode  Node/a\n         It is so.\n         Fix: Change it.\n')
})

test('a line feed or an escape from outside breaks nothing', () => {
  const text = formatFindings(
    [finding({ object: { kind: 'Node', name: 'a\u001b[31m' }, message: 'one\ntwo', fix: undefined })],
    'table',
    plain,
  )
  expect(text).toBe('warning  SomeCode  Node/a [31m\n         one two\n')
})

test('many of one code: people see the first, programs all', () => {
  const findings = Array.from({ length: 8 }, (_, index) =>
    finding({ object: { kind: 'Node', name: `n${index}` } }),
  )
  const lines = formatFindings([...findings, finding({ code: 'Other' })], 'table', plain).split('\n')
  expect(lines.filter((line) => line.startsWith('warning'))).toHaveLength(6)
  expect(lines).toContain('         … and 3 more of SomeCode: --output json has all of them.')
  const document = JSON.parse(formatFindings(findings, 'json', plain)) as { readonly findings: unknown[] }
  expect(document.findings).toHaveLength(8)
})
