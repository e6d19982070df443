import { expect, test } from 'vitest'
import { withEmptyAliasRanges } from './empty-alias-ranges.ts'

const instance = 'https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances/i'
const update = `${instance}/updateNetworkInterface?networkInterface=nic0`
const [given] = ['[{"ipCidrRange":"10.244.3.0/24"}]']

// https://github.com/googleapis/python-compute/issues/446, https://github.com/googleapis/google-cloud-python/issues/11931
test.each([
  [
    'a list that was left out, since it is empty',
    update,
    '{"fingerprint":"x"}',
    '{"aliasIpRanges":[],"fingerprint":"x"}',
  ],
  ['a list as it is', update, `{"aliasIpRanges":${given}}`, `{"aliasIpRanges":${given}}`],
  ['no other method', `${instance}/start`, '{"a":1}', '{"a":1}'],
  ['no body of no JSON', `${instance}/stop`, '""', '""'],
])('%s', (_, url, body, expected) => expect(withEmptyAliasRanges(url, body)).toBe(expected))
