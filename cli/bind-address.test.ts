import { describe, expect, test } from 'vitest'
import { parseBindAddress } from './bind-address.ts'
import { ValueError } from './settings/value-type.ts'

test.each<[text: string, host: string | undefined, port: number]>([
  [':10277', undefined, 10277],
  [':0', undefined, 0],
  ['0.0.0.0:80', '0.0.0.0', 80],
  ['127.0.0.1:65535', '127.0.0.1', 65535],
  ['[::]:10277', '::', 10277],
  ['[::1]:10277', '::1', 10277],
  ['[fe80::1%eth0]:10277', 'fe80::1%eth0', 10277],
  ['localhost:8080', 'localhost', 8080],
  ['node-1.example.com:8080', 'node-1.example.com', 8080],
])('%s', (text, host, port) => {
  expect(parseBindAddress(text)).toEqual({ host, port, text })
})

test('0 switches it off', () => {
  expect(parseBindAddress('0')).toBeUndefined()
})

describe('refused, with what would do', () => {
  test.each([
    '',
    '10277',
    'localhost',
    'localhost:',
    ':x',
    ':-1',
    ':65536',
    ':123456',
    '::1:10277',
    '::10277',
    '[::1]',
    '[127.0.0.1]:80',
    '[::1:80',
    '256.0.0.1:80',
    '10.0.0:80',
    'http://localhost:80',
    'host name:80',
    '-a:80',
    ' :80',
  ])('%j', (text) => {
    expect(() => parseBindAddress(text)).toThrow(ValueError)
    expect(() => parseBindAddress(text)).toThrow(/^expected a host and a port such as/)
  })
})
