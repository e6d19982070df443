import { describe, expect, test } from 'vitest'
import { type GceSimulator, createGceSimulator } from '../gce-simulator.ts'
import { NOW, ZONE, buildWorld, jsonOf, verdict, wireRequest } from '../sdk-fixture.ts'

const path = (name: string): string => `/zones/${ZONE}/instances/${name}`

interface Nic {
  readonly fingerprint: string
  readonly aliasIpRanges?: readonly object[]
}

function nicOf(simulator: GceSimulator, name: string): Nic {
  const { networkInterfaces } = jsonOf(simulator.handle(wireRequest('GET', path(name)), NOW)) as {
    readonly networkInterfaces: readonly Nic[]
  }
  const [nic] = networkInterfaces
  if (nic === undefined) throw new Error('no interface')
  return nic
}

function makeWorld(): GceSimulator {
  const simulator = createGceSimulator({ rates: 'off' })
  buildWorld(simulator)
  return simulator
}

const update = (simulator: GceSimulator, name: string, body: object, nic = 'nic0'): string =>
  verdict(
    simulator.handle(
      wireRequest('PATCH', `${path(name)}/updateNetworkInterface?networkInterface=${nic}`, body),
      NOW,
    ),
  )

const pods = (ipCidrRange: string): object => ({ ipCidrRange, subnetworkRangeName: 'pods' })

describe('alias ranges', () => {
  test('are set as a whole, and change the fingerprint', () => {
    const simulator = makeWorld()
    const { fingerprint } = nicOf(simulator, 'a')
    expect(update(simulator, 'a', { fingerprint, aliasIpRanges: [pods('10.64.3.0/24')] })).toBe('200')
    const after = nicOf(simulator, 'a')
    expect(after.aliasIpRanges).toEqual([pods('10.64.3.0/24')])
    expect(after.fingerprint).not.toBe(fingerprint)
    expect(update(simulator, 'a', { fingerprint, aliasIpRanges: [] })).toBe('412 conditionNotMet')
    expect(update(simulator, 'a', { fingerprint: after.fingerprint, aliasIpRanges: [] })).toBe('200')
    expect(nicOf(simulator, 'a')).not.toHaveProperty('aliasIpRanges')
  })

  test('by length are the first that is free', () => {
    const simulator = makeWorld()
    for (const name of ['a', 'b'])
      update(simulator, name, {
        fingerprint: nicOf(simulator, name).fingerprint,
        aliasIpRanges: [pods('/24')],
      })
    expect(nicOf(simulator, 'a').aliasIpRanges).toEqual([pods('10.64.0.0/24')])
    expect(nicOf(simulator, 'b').aliasIpRanges).toEqual([pods('10.64.1.0/24')])
  })

  test('that another has: the operation fails, and nothing changes', () => {
    const simulator = makeWorld()
    update(simulator, 'a', {
      fingerprint: nicOf(simulator, 'a').fingerprint,
      aliasIpRanges: [pods('10.64.3.0/24')],
    })
    const { fingerprint } = nicOf(simulator, 'b')
    const begun = jsonOf(
      simulator.handle(
        wireRequest('PATCH', `${path('b')}/updateNetworkInterface?networkInterface=nic0`, {
          fingerprint,
          aliasIpRanges: [pods('10.64.3.128/25')],
        }),
        NOW,
      ),
    )
    const ended = simulator.handle(wireRequest('GET', `/zones/${ZONE}/operations/${String(begun.name)}`), NOW)
    expect(jsonOf(ended)).toMatchObject({ error: { errors: [{ code: 'IP_IN_USE_BY_ANOTHER_RESOURCE' }] } })
    expect(nicOf(simulator, 'b')).toMatchObject({ fingerprint })
  })

  test.each<[name: string, body: object, verdict: string]>([
    ['no fingerprint', { fingerprint: undefined }, '400 required'],
    ['a range outside of the secondary one', { aliasIpRanges: [pods('10.65.0.0/24')] }, '400 invalid'],
    [
      'a secondary range that is none',
      { aliasIpRanges: [{ ipCidrRange: '/24', subnetworkRangeName: 'x' }] },
      '400 invalid',
    ],
    ['host bits', { aliasIpRanges: [pods('10.64.0.1/24')] }, '400 invalid'],
    ['no range', { aliasIpRanges: [pods('x')] }, '400 invalid'],
    ['151 ranges', { aliasIpRanges: Array.from({ length: 151 }, () => pods('/32')) }, '400 invalid'],
    ['another field', { networkIP: '10.0.0.9' }, '400 invalid'],
    ['of the primary range', { aliasIpRanges: [{ ipCidrRange: '10.0.0.16/28' }] }, '200'],
  ])('%s', (_name, body, expected) => {
    const simulator = makeWorld()
    const whole = { fingerprint: nicOf(simulator, 'a').fingerprint, ...body }
    expect(update(simulator, 'a', JSON.parse(JSON.stringify(whole)) as object)).toBe(expected)
  })

  test('of an interface, or an instance, that is none', () => {
    const simulator = makeWorld()
    expect(update(simulator, 'a', {}, 'nic9')).toBe('400 invalid')
    expect(update(simulator, 'none', {})).toBe('404 notFound')
  })
})
