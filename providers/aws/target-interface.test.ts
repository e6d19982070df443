import type { Instance } from '@aws-sdk/client-ec2'
import { describe, expect, test } from 'vitest'
import type { TargetProblem } from '../provider.ts'
import type { Target } from '../route.ts'
import { type TargetInterface, targetOf } from './target-interface.ts'

const eni = (
  id: string,
  DeviceIndex: number,
  NetworkCardIndex?: number,
  SubnetId = 'subnet-1',
): NonNullable<Instance['NetworkInterfaces']>[number] => ({
  NetworkInterfaceId: id,
  SubnetId,
  Attachment: { DeviceIndex, ...(NetworkCardIndex !== undefined && { NetworkCardIndex }) },
})
const instance: Instance = {
  InstanceId: 'i-1',
  // In no order that means anything.
  NetworkInterfaces: [
    eni('eni-second', 1, 0, 'subnet-2'),
    eni('eni-other-card', 0, 1, 'subnet-3'),
    eni('eni-primary', 0),
    eni('eni-third', 2),
  ],
}
const none = new Set<string>()

describe('which interface routes lead to', () => {
  test.each<[choice: TargetInterface, tagged: ReadonlySet<string>, answer: string]>([
    [{ by: 'primary' }, none, 'eni-primary'],
    [{ by: 'device-index', index: 0 }, none, 'eni-primary'],
    [{ by: 'device-index', index: 1 }, none, 'eni-second'],
    [
      { by: 'device-index', index: 5 },
      none,
      'waiting: instance i-1 has no network interface at device index 5 yet',
    ],
    [{ by: 'subnet', id: 'subnet-2' }, none, 'eni-second'],
    [
      { by: 'subnet', id: 'subnet-1' },
      none,
      'invalid: instance i-1 has several network interfaces in subnet subnet-1',
    ],
    [
      { by: 'subnet', id: 'subnet-9' },
      none,
      'waiting: instance i-1 has no network interface in subnet subnet-9 yet',
    ],
    [{ by: 'tag', key: 'pods', value: 'yes' }, new Set(['eni-third', 'eni-of-another']), 'eni-third'],
    [
      { by: 'tag', key: 'pods', value: 'yes' },
      none,
      'waiting: instance i-1 has no network interface with the tag pods=yes',
    ],
    [
      { by: 'tag', key: 'pods', value: 'yes' },
      new Set(['eni-second', 'eni-third']),
      'invalid: instance i-1 has several network interfaces with the tag pods=yes (eni-second, eni-third)',
    ],
  ])('%j', (choice, tagged, answer) => expect(text(targetOf(instance, choice, tagged))).toContain(answer))

  test('one that EC2 gives no card index is on the first card', () => {
    expect(text(targetOf({ NetworkInterfaces: [eni('eni-1', 0)] }, { by: 'primary' }, none))).toBe('eni-1')
  })

  test('of an instance that has none', () => {
    for (const without of [{ InstanceId: 'i-1' }, { InstanceId: 'i-1', NetworkInterfaces: [] }])
      expect(text(targetOf(without, { by: 'primary' }, none))).toMatch(/^waiting: .* i-1 has no network/)
  })
})

const text = (answer: Target | TargetProblem): string =>
  'problem' in answer ? `${answer.problem}: ${answer.message}` : answer.id
