import { expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import type { ObservedRoute } from '../../providers/route.ts'
import { tableRanges } from './table-ranges.ts'

const route = (destination: string, origin: ObservedRoute['origin'] = 'static'): ObservedRoute => ({
  destination: parseCidr(destination),
  target: { kind: 'other', id: 'x' },
  state: 'active',
  origin,
})

test('the cloud’s own routes, and those that podway did not make', () => {
  const tables = [
    { id: 't1', routes: [route('10.0.0.0/16', 'local'), route('10.244.1.0/24'), route('0.0.0.0/0')] },
    { id: 't2', routes: [route('10.244.1.0/24'), route('10.9.0.0/16', 'propagated')] },
  ]
  const ours = new Set(['t1 10.244.1.0/24'])
  const ranges = tableRanges(tables, (table, destination) => ours.has(`${table} ${formatCidr(destination)}`))
  expect(ranges.local.map(formatCidr)).toEqual(['10.0.0.0/16'])
  // Ours in one table is somebody else's in another.
  expect(ranges.foreign.map(formatCidr)).toEqual(['0.0.0.0/0', '10.244.1.0/24', '10.9.0.0/16'])
})
