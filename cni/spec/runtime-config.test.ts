import { describe, expect, it } from 'vitest'
import { foldRuntimeConfig } from './runtime-config.ts'

describe('what a runtime adds', () => {
  const mapping = { hostPort: 8080, containerPort: 80, protocol: 'tcp', hostIP: '' }
  it.each([
    { name: 'the usual case', given: { portMappings: [mapping] }, expected: { portMappings: [mapping] } },
    {
      name: "containerd's port mappings",
      given: { portMappings: [{ HostPort: 8080, ContainerPort: 80, Protocol: 'tcp', HostIP: '' }] },
      expected: { portMappings: [mapping] },
    },
    {
      name: "containerd's ranges",
      given: { ipRanges: [[{ Subnet: '10.1.2.0/24', RangeStart: '', RangeEnd: '', Gateway: '' }]] },
      expected: { ipRanges: [[{ subnet: '10.1.2.0/24', rangeStart: '', rangeEnd: '', gateway: '' }]] },
    },
    {
      name: "containerd's DNS",
      given: { dns: { Servers: ['192.0.2.1'], Searches: [], Options: [] } },
      expected: { dns: { servers: ['192.0.2.1'], searches: [], options: [] } },
    },
    {
      name: "the reference's name of a capability",
      given: { bandWidth: { ingressRate: 8, IngressBurst: 9 } },
      expected: { bandwidth: { ingressRate: 8, ingressBurst: 9 } },
    },
    {
      name: 'two cases of one key: the usual one',
      given: { mac: 'a', MAC: 'b' },
      expected: { mac: 'a' },
    },
    {
      name: 'what nobody knows, as it is',
      given: { 'io.kubernetes.cri.pod-annotations': { HostPort: 'x' }, Other: 1 },
      expected: { 'io.kubernetes.cri.pod-annotations': { HostPort: 'x' }, Other: 1 },
    },
    { name: 'something else, as it is', given: 'x', expected: 'x' },
    { name: 'a list in the wrong place, as it is', given: { dns: 'x' }, expected: { dns: 'x' } },
    { name: 'nothing', given: undefined, expected: undefined },
  ])('is read: $name', ({ given, expected }) => {
    expect(foldRuntimeConfig(given)).toEqual(expected)
  })
})
