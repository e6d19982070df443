import { expect, test } from 'vitest'
import { unsuitable } from './suitable.ts'

const usual = { force: false, sourceDestCheckOff: false }
const cases: readonly (readonly [
  providerID: string | undefined,
  permission: Partial<typeof usual>,
  reason: string | undefined,
])[] = [
  [undefined, {}, undefined],
  ['', {}, undefined],
  ['metal://rack-1/7', {}, undefined],
  ['azure:///subscriptions/1', {}, 'NoSegment'],
  ['azure:///subscriptions/1', { sourceDestCheckOff: true }, 'NoSegment'],
  ['azure:///subscriptions/1', { force: true }, undefined],
  // https://github.com/antrea-io/antrea/issues/2157, https://github.com/projectcalico/calico/issues/6568
  ['gce://project/zone/name', {}, 'NoSegment'],
  ['gce://project/zone/name', { force: true }, undefined],
  ['aws:///zone/i-1', {}, 'SourceDestCheck'],
  ['aws:///zone/i-1', { sourceDestCheckOff: true }, undefined],
  ['aws:///zone/i-1', { force: true }, undefined],
  ['not a provider ID', {}, undefined],
]

test.each(cases)('a mesh on %s, with %j: %s', (providerID, permission, reason) => {
  const node = { name: 'node-1', ...(providerID === undefined ? {} : { providerID }) }
  const found = unsuitable(node, { ...usual, ...permission })
  expect(found?.reason).toBe(reason)
  if (found !== undefined) expect(found.message).toContain('node-1')
})
