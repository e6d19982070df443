import { describe, expect, test } from 'vitest'
import { createGceSimulator } from './gce-simulator.ts'
import { NOW, PROJECT, buildWorld, jsonOf, verdict, wireRequest } from './sdk-fixture.ts'

describe('the protocol', () => {
  const simulator = createGceSimulator()
  buildWorld(simulator)
  const good = wireRequest('GET', '/global/networks')

  test.each([
    ['a good request', good, '200'],
    ['without a token', { ...good, headers: {} }, '401 required'],
    ['another scheme', { ...good, headers: { authorization: 'Basic eDp5' } }, '401 required'],
    ['another project', { ...good, target: '/compute/v1/projects/none/global/networks' }, '404 notFound'],
    ['a path that is none', wireRequest('GET', '/global/nothing'), '404 notFound'],
    ['another verb', wireRequest('PUT', '/global/networks'), '404 notFound'],
    ['another version', { ...good, target: '/compute/beta/projects/prod-1/global/networks' }, '404 notFound'],
    ['an unknown parameter', wireRequest('GET', '/global/networks?maxresults=1'), '400 invalid'],
    ['how the answer is to look', wireRequest('GET', '/global/networks?$prettyPrint=0&alt=json'), '200'],
    ['a body that is no JSON', { ...wireRequest('POST', '/global/routes'), body: '{' }, '400 parseError'],
    ['a body that is no object', { ...wireRequest('POST', '/global/routes'), body: '[]' }, '400 parseError'],
    ['a zone that is none', wireRequest('GET', '/zones/mars-1/instances'), '404 notFound'],
    ['an operation that is none', wireRequest('POST', '/global/operations/x/wait'), '404 notFound'],
  ])('%s', (_name, request, expected) => {
    expect(verdict(simulator.handle(request, NOW))).toBe(expected)
    expect(simulator.calls.at(-1)).toMatchObject({ time: NOW })
  })

  test('the wire text of a refusal', () => {
    const reply = simulator.handle(wireRequest('GET', '/global/networks/none'), NOW)
    const message = "The resource 'projects/prod-1/global/networks/none' was not found"
    expect(reply).toEqual({
      kind: 'response',
      status: 404,
      headers: { 'content-type': 'application/json; charset=UTF-8', server: 'ESF' },
      body: JSON.stringify({
        error: { code: 404, message, errors: [{ message, domain: 'global', reason: 'notFound' }] },
      }),
    })
  })
})

describe('rates', () => {
  test('1,500 a minute of the clock and group; then 403 with what tells it from a denial, until the next minute', () => {
    const simulator = createGceSimulator()
    buildWorld(simulator)
    const ask = (path: string, at: number): string => verdict(simulator.handle(wireRequest('GET', path), at))
    for (let n = 0; n < 1_500; n++) expect(ask('/global/networks', NOW + 30_000)).toBe('200')
    const refused = simulator.handle(wireRequest('GET', '/global/networks'), NOW + 59_999)
    expect(jsonOf(refused)).toMatchObject({
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        errors: [{ domain: 'usageLimits', reason: 'rateLimitExceeded' }],
        details: [{ reason: 'RATE_LIMIT_EXCEEDED', metadata: { consumer: `projects/${PROJECT}` } }],
      },
    })
    expect(ask('/global/networks/prod', NOW + 59_999)).toBe('200')
    expect(ask('/global/networks', NOW + 60_000)).toBe('200')
  })

  test.each([
    ['mutation', 'POST', '/global/routes'],
    ['read', 'GET', '/global/networks/prod'],
    ['list', 'GET', '/aggregated/instances'],
    ['operation-read', 'GET', '/global/operations/x'],
  ] as const)('group %s has its own', (group, method, path) => {
    const simulator = createGceSimulator({ rates: { [group]: 0 } })
    buildWorld(simulator)
    expect(verdict(simulator.handle(wireRequest(method, path), NOW))).toBe('403 rateLimitExceeded')
    const other = group === 'read' ? '/global/networks' : '/global/networks/prod'
    expect(verdict(simulator.handle(wireRequest('GET', other), NOW))).toBe('200')
  })
})
