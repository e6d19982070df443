import { expect, test } from 'vitest'
import { evaluateText } from '../../../test/terraform/configuration.ts'
import { literal, literals } from './literal.ts'

const texts = [
  ['nothing', 'node-3', 'node-3'],
  ['an expression', '${var.secret}', '$${var.secret}'],
  ['a directive', '%{if true}', '%%{if true}'],
  ['one that is escaped already', '$${x} %%{x}', '$$${x} %%%{x}'],
  ['signs that mean nothing', '$ % {$ 100% $$', '$ % {$ 100% $$'],
  ['one behind the other', '$%{%${', '$%%{%$${'],
  ['a backslash, which is none here', '\\${x}', '\\$${x}'],
  ['quotes and line feeds, which are JSON’s', '"a"\n${b}', '"a"\n$${b}'],
] as const

test.each(texts)('%s', async (_what, text, written) => {
  expect(literal(text)).toBe(written)
  expect(await evaluateText(written)).toBe(text)
})

test('every text in a value, and no name', () => {
  expect(literals({ '${a}': ['${b}', 1, null, { c: '%{d}' }] })).toEqual({
    '${a}': ['$${b}', 1, null, { c: '%%{d}' }],
  })
})

test('what is not escaped is seen', async () => {
  await expect(evaluateText('${var.secret}')).rejects.toThrow('is an expression')
  await expect(evaluateText('%{if true}a%{endif}')).rejects.toThrow('is an expression')
})
