import { describe, expect, test } from 'vitest'
import type { OperationName } from '../../cni/serve/protocol.ts'
import { readMessage, readResult } from './answers.ts'

const outcomes = [
  { result: 'done' },
  { result: 'done', existed: true },
  { result: 'failed', reason: 'system', message: 'x', errno: 1 },
]
const route = { destination: '10.244.2.0/24', protocol: 112, scope: 0, gateway: '10.0.0.12', metric: 1120 }
const link = { name: 'eth0', isUp: true, addresses: ['10.0.0.11/24'] }

describe('a result of the protocol is read as it is', () => {
  test.each<[operation: OperationName, result: unknown]>([
    ['hello', { protocol: 1, version: '0.1.0', bootId: 'b' }],
    ['cni.install', { changed: [] }],
    ['cni.inspect', { configurations: [{ file: 'a.conf', isOurs: false }], plugins: ['ptp'] }],
    [
      'cni.inspect',
      {
        configurations: [
          { file: 'a.conf', isOurs: true, name: 'n', types: ['ptp'], ranges: ['10.0.0.0/24'] },
        ],
        plugins: [],
      },
    ],
    [
      'routes.list',
      { routes: [route, { ...route, kind: 'blackhole', isDead: true, ways: 2 }], links: [link] },
    ],
    ['routes.apply', { outcomes }],
    ['routes.watch', {}],
    ['garbage.collect', { collected: [{ kind: 'link', what: 'veth1', why: 'x', containerId: 'c' }] }],
  ])('%s', (operation, result) => expect(readResult(operation, result)).toEqual(result))
})

test('fields of a newer version are left out', () => {
  expect(readResult('cni.install', { changed: [], later: true })).toEqual({ changed: [] })
  expect(readResult('routes.watch', { later: true })).toEqual({})
})

describe('a result of another shape names the field', () => {
  test.each<[operation: OperationName, result: unknown, message: string]>([
    ['cni.install', undefined, 'cni.install is no object'],
    ['cni.install', [], 'cni.install is no object'],
    ['cni.install', { changed: [1] }, 'cni.install.changed[0] is no text'],
    ['hello', { protocol: '1', version: '', bootId: '' }, 'hello.protocol is no whole number'],
    [
      'cni.inspect',
      { configurations: [{ file: 'x' }], plugins: [] },
      'configurations[0].isOurs is no boolean',
    ],
    ['routes.list', { routes: [], links: [{ ...link, isUp: 1 }] }, 'links[0].isUp is no boolean'],
    ['routes.list', { routes: [{ ...route, metric: -1 }], links: [] }, 'routes[0].metric is no whole number'],
    ['routes.list', { routes: [{ ...route, isDead: false }], links: [] }, 'routes[0].isDead is no true'],
    ['routes.apply', { outcomes: [{ result: 'later' }] }, 'outcomes[0].result is no one of done'],
    [
      'routes.apply',
      { outcomes: [{ result: 'failed', reason: 'x', message: '' }] },
      'reason is no one of changed',
    ],
    [
      'garbage.collect',
      { collected: [{ kind: 'pod', what: '', why: '' }] },
      'collected[0].kind is no one of',
    ],
    // What every object has is no field of this one.
    ['garbage.collect', { collected: [{ kind: 'constructor', what: '', why: '' }] }, 'kind is no one of'],
  ])('%s %j', (operation, result, message) => {
    expect(() => readResult(operation, result)).toThrow(message)
  })
})

test('a message is an answer, a failure or news', () => {
  expect(readMessage({ id: 1, result: { changed: [] } })).toEqual({
    id: 1,
    outcome: { result: { changed: [] } },
  })
  const error = { code: 'system', message: 'x', errno: 2 }
  expect(readMessage({ id: 1, error })).toEqual({ id: 1, outcome: error })
  expect(readMessage({ news: 'routes' })).toEqual({ news: 'routes' })
})
