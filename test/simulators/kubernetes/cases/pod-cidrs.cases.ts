import { describe, expect, it } from 'vitest'
import { textAt, textsAt } from '../json.ts'
import { type ApiFixture, failure, pathOf } from './api-fixture.ts'

const IMMUTABLE = 'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'

/** What a Node says about its pods' addresses is set once. */
export function podCidrCases(api: ApiFixture): void {
  describe('podCIDRs of a node', () => {
    it.each([
      { given: { podCIDR: '10.1.0.0/24' }, stored: ['10.1.0.0/24'] },
      { given: { podCIDRs: ['10.1.0.0/24', 'fd00::/64'] }, stored: ['10.1.0.0/24', 'fd00::/64'] },
      {
        given: { podCIDR: '10.2.0.0/24', podCIDRs: ['10.1.0.0/24', 'fd00::/64'] },
        stored: ['10.2.0.0/24'],
      },
    ])('podCIDR and podCIDRs are one: $given', async ({ given, stored }) => {
      const body = await api.node(given)
      expect(textsAt(body, 'spec', 'podCIDRs')).toEqual(stored)
      expect(textAt(body, 'spec', 'podCIDR')).toBe(stored[0])
    })

    it.each([
      { cidrs: ['zz'], message: 'spec.podCIDRs[0]: Invalid value: "zz": must be a valid CIDR value' },
      {
        cidrs: ['10.0.0.0/24', '10.1.0.0/24'],
        message:
          'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
      },
    ])('refuses $cidrs', async ({ cidrs, message }) => {
      const before = await api.node()
      const reply = await api.client.strategicPatch(pathOf(before), { spec: { podCIDRs: cidrs } })
      expect(reply.status).toBe(422)
      expect(reply.body.message).toContain(message)
    })

    it.each([
      { case: 'changed', spec: { podCIDR: '10.9.0.0/24', podCIDRs: ['10.9.0.0/24', 'fd00::/64'] } },
      { case: 'shortened', spec: { podCIDRs: ['10.1.0.0/24'] } },
      { case: 'removed', spec: { podCIDR: null, podCIDRs: null } },
    ])('once set they cannot be $case', async ({ spec }) => {
      const before = await api.node({ podCIDRs: ['10.1.0.0/24', 'fd00::/64'] })
      const reply = await api.client.mergePatch(pathOf(before), { spec })
      expect(failure(reply.body)).toEqual({
        code: 422,
        reason: 'Invalid',
        message: `Node "${textAt(before, 'metadata', 'name')}" is invalid: ${IMMUTABLE}`,
      })
    })

    it('providerID is set once, too', async () => {
      const before = await api.node({ providerID: 'aws:///a/i-1' })
      const reply = await api.client.mergePatch(pathOf(before), { spec: { providerID: 'aws:///a/i-2' } })
      expect(reply.body.message).toContain(
        'spec.providerID: Forbidden: node updates may not change providerID',
      )
    })
  })
}
