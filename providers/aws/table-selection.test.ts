import { expect, test } from 'vitest'
import { NodePlaces } from '../node-places.ts'
import type { RouteTable } from './route-table.ts'
import { queriesFor, select } from './table-selection.ts'

const table = (id: string, is: Partial<RouteTable> = {}): [string, RouteTable] => [
  id,
  {
    id,
    name: undefined,
    vpcId: 'vpc-1',
    tagKeys: [],
    subnets: [],
    isMain: false,
    isOfGateway: false,
    routes: [],
    ...is,
  },
]
const places = (): NodePlaces => {
  const known = new NodePlaces()
  known.learn({ name: 'n', addresses: [] }, { vpcId: 'vpc-1', subnets: ['subnet-1'] })
  return known
}

test('of the tables of the VPC, those of gateways are left out: they take no destination outside of it', () => {
  const read = new Map([table('rtb-1'), table('rtb-edge', { isOfGateway: true }), table('rtb-main')])
  const selection = { clusterName: 'c', routeTables: 'vpc' } as const
  expect(select(read, selection, places()).map(({ id }) => id)).toEqual(['rtb-1', 'rtb-main'])
})

test('a main table of another VPC is nobody’s, though its own is full of subnets without one', () => {
  const read = new Map([
    table('rtb-1', { subnets: ['subnet-1'], vpcId: 'vpc-1' }),
    table('rtb-main', { isMain: true, vpcId: 'vpc-1' }),
    table('rtb-other', { isMain: true, vpcId: 'vpc-2' }),
  ])
  const selection = { clusterName: 'c', routeTables: 'auto' } as const
  expect(select(read, selection, places()).map(({ id }) => id)).toEqual(['rtb-1'])
})

test('nothing is asked for where nothing is known of nodes, and no table is named', () => {
  for (const routeTables of ['auto', 'vpc'] as const)
    expect(queriesFor({ clusterName: 'c', routeTables }, new NodePlaces())).toEqual([])
})
