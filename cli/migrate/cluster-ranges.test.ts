import { expect, test } from 'vitest'
import type { Running } from '../doctor/running.ts'
import { clusterRanges } from './cluster-ranges.ts'

const manager = (namespace: string, ...flags: readonly string[]): Running => ({
  ...{ index: 0, namespace, name: 'm', uid: namespace },
  object: { kind: 'Deployment', name: `${namespace}/m` },
  container: { name: 'm', command: ['kube-controller-manager', ...flags] },
})

test.each<[what: string, running: readonly Running[], flags: readonly string[] | undefined]>([
  ['nothing', [], undefined],
  ['no range', [manager('kube-system', '--v=2')], undefined],
  ['one', [manager('kube-system', '--cluster-cidr=10.244.0.0/16')], ['--cluster-cidr 10.244.0.0/16']],
  [
    'both families, each with its size',
    [
      manager(
        'kube-system',
        '--cluster-cidr=10.244.0.0/16,fd00:10:244::/48',
        '--node-cidr-mask-size-ipv4=25',
        '--node-cidr-mask-size-ipv6=80',
      ),
    ],
    [
      '--cluster-cidr 10.244.0.0/16,fd00:10:244::/48',
      '--node-cidr-mask-size-ipv4 25',
      '--node-cidr-mask-size-ipv6 80',
    ],
  ],
  [
    'one size for the only family',
    [manager('kube-system', '--cluster-cidr=10.244.0.0/16', '--node-cidr-mask-size=26')],
    ['--cluster-cidr 10.244.0.0/16', '--node-cidr-mask-size-ipv4 26'],
  ],
  [
    'another cluster’s control plane beside it',
    [manager('tenant', '--cluster-cidr=10.9.0.0/16'), manager('kube-system', '--cluster-cidr=10.244.0.0/16')],
    ['--cluster-cidr 10.244.0.0/16'],
  ],
  [
    'what would be typed into a shell and is no range',
    [manager('kube-system', '--cluster-cidr=10.244.0.0/16,$(reboot)', '--node-cidr-mask-size=24;reboot')],
    ['--cluster-cidr 10.244.0.0/16'],
  ],
])('%s', (_what, running, flags) => expect(clusterRanges(running)?.flags).toEqual(flags))
