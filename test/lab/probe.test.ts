import { describe, expect, test } from 'vitest'
import { judge } from './probe.ts'
import type { ProbeAnswer } from './probe-protocol.ts'

const pod = { kind: 'pod', addresses: { 4: '10.244.1.2', 6: 'fd00:10:244:1::2' } } as const
const machine = { kind: 'machine', addresses: { 4: '10.0.1.10' } } as const
const through = (localAddress: string, seenByServer: string): ProbeAnswer => ({
  ok: true,
  localAddress,
  seenByServer,
})

describe('a probe', () => {
  const cases: readonly (readonly [
    string,
    Parameters<typeof judge>[0],
    ProbeAnswer,
    ReturnType<typeof judge>,
  ])[] = [
    [
      'from a pod’s own address is ok',
      { from: pod, family: 4 },
      through('10.244.1.2', '10.244.1.2'),
      { kind: 'ok' },
    ],
    [
      'is ok whatever way IPv6 is written',
      { from: pod, family: 6 },
      through('fd00:10:244:1:0:0:0:2', 'fd00:10:244:1::2'),
      { kind: 'ok' },
    ],
    [
      'that the server sees from another address is natted',
      { from: pod, family: 4 },
      through('10.244.1.2', '10.0.1.10'),
      { kind: 'natted', local: '10.244.1.2', seen: '10.0.1.10' },
    ],
    [
      'from a pod with another address than its own is natted, even if both ends agree',
      { from: pod, family: 4 },
      through('10.244.1.3', '10.244.1.3'),
      { kind: 'natted', local: '10.244.1.3', seen: '10.244.1.3' },
    ],
    [
      'from any address of a machine is ok if both ends agree',
      { from: machine, family: 4 },
      through('10.244.1.1', '10.244.1.1'),
      { kind: 'ok' },
    ],
    [
      'whose server said nothing is natted, not ok',
      { from: machine, family: 4 },
      through('10.0.1.10', ''),
      { kind: 'natted', local: '10.0.1.10', seen: '' },
    ],
    [
      'that failed says why',
      { from: pod, family: 4 },
      { ok: false, error: 'ECONNREFUSED' },
      { kind: 'failed', error: 'ECONNREFUSED' },
    ],
  ]
  test.each(cases)('%s', (_, probe, answer, verdict) => {
    expect(judge(probe, answer)).toEqual(verdict)
  })
})
