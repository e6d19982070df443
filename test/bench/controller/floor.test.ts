import { expect, test } from 'vitest'
import { readClusterSize } from './cluster-size.ts'
import { type Work, floorSeconds } from './floor.ts'

const creates = (count: number): Work => ({ action: 'CreateRoute', count })
const checks = (count: number): Work => ({ action: 'ModifyNetworkInterfaceAttribute', count })

test.each([
  { name: 'within the burst', cluster: '40x1', work: [creates(40), checks(40)], share: 0.8, seconds: 0 },
  { name: 'beyond it', cluster: '400x1', work: [creates(400), checks(400)], share: 0.8, seconds: 90 },
  { name: 'two tables', cluster: '400x2', work: [creates(800), checks(400)], share: 0.8, seconds: 190 },
  { name: 'all of the buckets', cluster: '400x1', work: [creates(400)], share: 1, seconds: 70 },
  {
    name: 'the slowest kind counts',
    cluster: '9x1',
    work: [creates(1), checks(480)],
    share: 0.8,
    seconds: 100,
  },
  { name: 'raised rates', cluster: '5000x1-raised', work: [creates(5000)], share: 0.8, seconds: 52.5 },
  { name: 'what a rival leaves', cluster: '400x1-rival', work: [creates(400)], share: 0.8, seconds: 144 },
  {
    name: 'a rival that leaves our share',
    cluster: '9x1-rival',
    work: [creates(145)],
    share: 0.4,
    seconds: 62.5,
  },
  { name: 'no work', cluster: '9x1', work: [], share: 0.8, seconds: 0 },
])('$name', ({ cluster, work, share, seconds }) => {
  expect(floorSeconds(work, readClusterSize(cluster), share)).toBeCloseTo(seconds)
})

test.each(['400', '0x1', '400x5', '9000x1', '400x1-fast', 'x'])('%s is no cluster', (name) => {
  expect(() => readClusterSize(name)).toThrow(`--clusters=${name}: expected NODESxTABLES`)
})
