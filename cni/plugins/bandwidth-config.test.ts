import { describe, expect, it } from 'vitest'
import { callOf } from '../testing/call.ts'
import { toTokenBucket } from '../netlink/token-bucket.ts'
import { readBandwidth } from './bandwidth-config.ts'

const read = (config: object, reference = false): unknown => readBandwidth(callOf(config, { reference }))
const four = { ingressRate: 8e6, ingressBurst: 8e5, egressRate: 4e6, egressBurst: 4e5 }
const buckets = { ingress: toTokenBucket(8e6, 8e5), egress: toTokenBucket(4e6, 4e5) }

describe('the limits of a configuration', () => {
  it.each([
    { name: 'by its own keys', config: four, is: buckets },
    { name: 'by the capability', config: { runtimeConfig: { bandwidth: four } }, is: buckets },
    {
      name: 'by the capability, as the reference spells it',
      config: { runtimeConfig: { bandWidth: four } },
      is: buckets,
    },
    { name: 'none', config: {}, is: undefined },
    { name: 'none, for null is absent', config: { ingressRate: null, runtimeConfig: null }, is: undefined },
    { name: 'zeros', config: { ingressRate: 0, egressBurst: 0 }, is: undefined },
    {
      name: 'zeros, which the capability does not replace',
      config: { egressRate: 0, runtimeConfig: { bandwidth: four } },
      is: undefined,
    },
    {
      name: 'one direction',
      config: { egressRate: 4e6, egressBurst: 4e5 },
      is: { ingress: undefined, egress: buckets.egress },
    },
    {
      name: 'its own keys, whatever the capability says',
      config: { egressRate: 4e6, egressBurst: 4e5, runtimeConfig: { bandwidth: { ingressRate: 1 } } },
      is: { ingress: undefined, egress: buckets.egress },
    },
  ])('$name', ({ config, is }) => {
    expect(read(config)).toEqual(is)
  })

  const [burstMissing, rateMissing] = [
    'if rate is set, burst must also be set',
    'if burst is set, rate must also be set',
  ]
  /** "Should allow only 4GB burst rate" of upstream. */
  it.each([
    { config: { ingressRate: 5000, ingressBurst: 2 ** 35 - 16 }, error: undefined },
    { config: { ingressRate: 5000, ingressBurst: 2 ** 35 }, error: 'burst cannot be more than 4GB' },
    { config: { ingressRate: 0, ingressBurst: 1 }, error: rateMissing },
    { config: { ingressRate: 1, ingressBurst: 0 }, error: burstMissing },
    { config: { egressRate: 1 }, error: burstMissing },
    { config: { egressBurst: 1 }, error: rateMissing },
    { config: { runtimeConfig: { bandwidth: { egressBurst: 1 } } }, error: rateMissing },
    { config: { ingressRate: 0, ingressBurst: 0 }, error: undefined },
    {
      config: { ingressRate: '1M' },
      error: 'ingressRate must be a whole number from 0 to 9007199254740991',
    },
    {
      config: { runtimeConfig: { bandwidth: { egressRate: -1 } } },
      error: 'runtimeConfig.bandwidth.egressRate must be a whole number from 0 to 9007199254740991',
    },
    { config: { runtimeConfig: { bandwidth: [] } }, error: 'runtimeConfig.bandwidth must be an object' },
    {
      config: { ingressRate: 7, ingressBurst: 8 },
      error:
        'ingressRate 7 and ingressBurst 8 are too small: both are bits, and a bucket lasts at least 64 ns',
    },
  ])('$config: $error', ({ config, error }) => {
    if (error === undefined) expect(() => read(config)).not.toThrow()
    else expect(() => read(config)).toThrow(error)
  })

  it('are refused as upstream does where we stand in for it, with the key named where not', () => {
    const config = { ingressRate: 1, runtimeConfig: { bandwidth: four } }
    expect(() => read(config, true)).toThrow(expect.objectContaining({ code: 999, message: burstMissing }))
    expect(() => read(config)).toThrow(
      expect.objectContaining({ code: 7, message: `ingressBurst: ${burstMissing}` }),
    )
  })
})
