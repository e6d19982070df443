import { describe, expect, test } from 'vitest'
import type { FoundConfiguration } from '../../cni/serve/protocol.ts'
import { parseCidr } from '../../net/cidr.ts'
import { succession } from './succession.ts'

const podCidrs = [parseCidr('10.244.1.0/24')]
const ours: FoundConfiguration = {
  file: '05-podway.conflist',
  isOurs: true,
  name: 'podway',
  types: ['podway-cni'],
  ranges: ['10.244.1.0/24'],
}
const found = (file: string, types: readonly string[], ...ranges: readonly string[]): FoundConfiguration => ({
  file,
  isOurs: false,
  name: 'net',
  types,
  ...(ranges.length > 0 && { ranges }),
})
const kindnet = found('10-kindnet.conflist', ['ptp', 'portmap'], '10.244.1.0/24')
const kubenet = found('10-containerd-net.conflist', ['bridge', 'portmap'], '10.244.1.0/24')
const podman = {
  ...found('87-podman-bridge.conflist', ['bridge', 'portmap', 'firewall', 'tuning'], '10.88.0.0/16'),
  name: 'podman',
}
const crio = { ...found('100-crio-bridge.conflist', ['bridge'], '10.85.0.0/16'), name: 'crio' }
const calico = found('10-calico.conflist', ['calico', 'portmap', 'bandwidth'])
const loopback = found('00-loopback.conf', ['loopback'])

const of = (...configurations: readonly FoundConfiguration[]): string => {
  const result = succession(configurations, podCidrs)
  switch (result.kind) {
    case 'alone':
      return 'alone'
    case 'take-over':
      return `take over ${result.file}`
    case 'refused':
      return result.reason
  }
}

describe('beside ours', () => {
  test.each<[what: string, configurations: readonly FoundConfiguration[], result: string]>([
    ['nothing', [], 'alone'],
    ['only ours', [ours], 'alone'],
    ['loopback is part of every runtime', [loopback], 'alone'],
    ['kindnet is taken over', [kindnet], 'take over 10-kindnet.conflist'],
    ['what imitates kubenet is taken over', [kubenet], 'take over 10-containerd-net.conflist'],
    ['behind loopback too', [loopback, kindnet], 'take over 10-kindnet.conflist'],
    ['one that comes back is void behind ours', [ours, kindnet], 'alone'],
    ['one that comes back before ours', [{ ...kindnet, file: '00-net.conflist' }, ours], 'OtherNetwork'],
    ['podman’s own network is no concern of ours', [podman], 'alone'],
    ['nor is it with ours', [ours, podman], 'alone'],
    [
      'nor before a predecessor',
      [podman, { ...kindnet, file: '90-net.conflist' }],
      'take over 90-net.conflist',
    ],
    ['CRI-O’s example', [crio], 'alone'],
    ['nerdctl’s', [found('nerdctl-bridge.conflist', ['bridge'], '10.4.0.0/24')], 'alone'],
    ['a leftover of a predecessor behind the network in use', [calico, kindnet], 'OtherNetwork'],
    ['other ranges', [found('10-net.conf', ['ptp'], '10.244.9.0/24')], 'RangesDiffer'],
    ['one range more', [found('10-net.conf', ['ptp'], '10.244.1.0/24', 'fd00::/64')], 'RangesDiffer'],
    ['a range that is none', [found('10-net.conf', ['ptp'], 'usePodCidr')], 'RangesDiffer'],
    ['another network', [calico], 'OtherNetwork'],
    ['another network before ours', [{ ...calico, file: '00-calico.conflist' }, ours], 'OtherNetwork'],
    ['another network behind ours', [ours, found('50-calico.conflist', ['calico'])], 'alone'],
    [
      'a chain that does more (a mesh, a policy engine), which goes on',
      [found('10-net.conflist', ['ptp', 'istio-cni'], '10.244.1.0/24')],
      'take over 10-net.conflist',
    ],
    ['ours, laid by hand', [found('10-net.conf', ['podway-cni'], '10.244.1.0/24')], 'take over 10-net.conf'],
    ['without ranges there is nothing to go on with', [found('10-net.conf', ['ptp'])], 'OtherNetwork'],
    ['what can’t be read', [{ file: '00-broken.conf', isOurs: false }], 'OtherNetwork'],
    ['what can’t be read, behind ours', [ours, { file: '99-broken.conf', isOurs: false }], 'alone'],
  ])('%s', (_what, configurations, result) => expect(of(...configurations)).toBe(result))
})

test('of two families, in whatever order', () => {
  const dual = ['10.244.1.0/24', 'fd00:1::/64'].map(parseCidr)
  const other = found('10-kindnet.conflist', ['ptp'], 'fd00:1::/64', '10.244.1.0/24')
  expect(succession([other], dual)).toEqual({ kind: 'take-over', file: '10-kindnet.conflist' })
})

test.each<[configuration: FoundConfiguration, message: string]>([
  [
    found('10-net.conf', ['ptp'], '10.9.0.0/24'),
    "10-net.conf gives pods addresses of 10.9.0.0/24, and the Node's podCIDRs are 10.244.1.0/24",
  ],
  [calico, "10-calico.conflist is another network's (net: calico, portmap, bandwidth)"],
  [{ file: '00-broken.conf', isOurs: false }, "00-broken.conf can't be read"],
])('says what is in the way: %#', (configuration, message) => {
  expect(succession([configuration], podCidrs)).toMatchObject({
    message: expect.stringContaining(message) as unknown,
  })
})
