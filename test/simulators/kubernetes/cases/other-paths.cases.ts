import { describe, expect, it } from 'vitest'
import type { ApiFixture } from './api-fixture.ts'

/** Paths that are no resources. */
export function otherPathCases(api: ApiFixture): void {
  describe('what is not there', () => {
    it.each([
      { method: 'GET', path: '/api/v1/foos', status: 404, reason: 'NotFound' },
      { method: 'GET', path: '/apis/coordination.k8s.io/v1/leases/x', status: 404, reason: 'NotFound' },
      { method: 'POST', path: '/api/v1/nodes/x', status: 405, reason: 'MethodNotAllowed' },
      {
        method: 'POST',
        path: '/apis/coordination.k8s.io/v1/leases',
        status: 405,
        reason: 'MethodNotAllowed',
      },
    ])('$method $path is $status', async ({ method, path, status, reason }) => {
      const reply = await api.client.call(method, path, method === 'POST' ? {} : undefined)
      expect(reply.status).toBe(status)
      expect(reply.body.reason).toBe(reason)
    })

    it('an unknown group is a plain 404', async () => {
      const reply = await api.client.get('/apis/unknown.example.dev/v1/foos')
      expect(reply.status).toBe(404)
      expect(reply.text).toBe('404 page not found\n')
    })
  })
  it.each(['/readyz', '/livez', '/healthz'])('%s is ok', async (path) => {
    expect((await api.client.get(path)).text).toBe('ok')
  })

  it('tells its version', async () => {
    expect((await api.client.get('/version')).body).toMatchObject({ major: '1', minor: '36' })
  })
}
