import { describe, expect, it } from 'vitest'
import { loadArgs } from './args.ts'

describe('CNI_ARGS', () => {
  it.each([
    { text: '', expected: {} },
    { text: 'IP=10.0.0.5', expected: { IP: '10.0.0.5' } },
    {
      text: 'IgnoreUnknown=1;K8S_POD_NAME=x;IP=10.0.0.5',
      expected: { IgnoreUnknown: '1', IP: '10.0.0.5' },
    },
    { text: 'K8S_POD_NAME=;IgnoreUnknown=True', expected: { IgnoreUnknown: 'True' } },
  ])('$text', ({ text, expected }) => {
    expect(Object.fromEntries(loadArgs(text, ['IP']))).toEqual(expected)
  })

  it.each([
    { text: 'IP', message: 'ARGS: invalid pair "IP"' },
    { text: 'IP=1=2', message: 'ARGS: invalid pair "IP=1=2"' },
    { text: 'IP=1;', message: 'ARGS: invalid pair ""' },
    { text: 'MAC=x;A=1', message: 'ARGS: unknown args ["MAC=x" "A=1"]' },
    { text: 'MAC=x;IgnoreUnknown=0', message: 'ARGS: unknown args ["MAC=x"]' },
    { text: 'MAC=x;IgnoreUnknown=maybe', message: /boolean unmarshal error: invalid input maybe$/ },
  ])('$text is refused', ({ text, message }) => {
    expect(() => loadArgs(text, ['IP'])).toThrow(message)
  })
})
