import { expect, test } from 'vitest'
import { routedNode } from './routed-node.ts'

const body = (status: string): string =>
  JSON.stringify({ status: { conditions: [{ type: 'NetworkUnavailable', status }] } })
const reply = (status: number, text: string) => ({
  kind: 'response' as const,
  status,
  headers: {},
  body: text,
})

test.each([
  { name: 'routes are there', method: 'PATCH', path: 'n/status', status: 200, value: 'False', expected: 'n' },
  { name: 'written whole', method: 'PUT', path: 'n/status?x=y', status: 200, value: 'False', expected: 'n' },
  { name: 'not yet', method: 'PATCH', path: 'n/status', status: 200, value: 'True', expected: undefined },
  { name: 'only read', method: 'GET', path: 'n/status', status: 200, value: 'False', expected: undefined },
  { name: 'another part', method: 'PATCH', path: 'n', status: 200, value: 'False', expected: undefined },
  { name: 'refused', method: 'PATCH', path: 'n/status', status: 409, value: 'False', expected: undefined },
])('$name', ({ method, path, status, value, expected }) => {
  expect(routedNode(method, `/api/v1/nodes/${path}`, reply(status, body(value)))).toBe(expected)
})

test('a Node without conditions is not routed', () => {
  expect(routedNode('PATCH', '/api/v1/nodes/n/status', reply(200, '{}'))).toBeUndefined()
})
