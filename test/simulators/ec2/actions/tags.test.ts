import type { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fixture, NOWHERE, type World, buildWorld, must, refusal, startFixture } from '../sdk-fixture.ts'

let fixture: Fixture
let ec2: EC2
let world: World

beforeAll(async () => {
  fixture = await startFixture()
  ec2 = fixture.ec2
  world = await buildWorld(ec2)
})
afterAll(() => fixture.close())

async function tags(RouteTableId: string): Promise<Record<string, string | undefined>> {
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] })
  const found: Record<string, string | undefined> = {}
  for (const { Key, Value } of RouteTables?.[0]?.Tags ?? []) found[must(Key)] = Value
  return found
}

test('tags are added, overwritten and taken away', async () => {
  const Resources = [world.tableId, world.mainTableId]
  await ec2.createTags({
    Resources,
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '<&>' },
      { Key: 'c', Value: '' },
    ],
  })
  await ec2.createTags({ Resources: [world.tableId], Tags: [{ Key: 'a', Value: '2' }] })
  expect(await tags(world.tableId)).toEqual({ a: '2', b: '<&>', c: '' })
  expect(await tags(world.mainTableId)).toEqual({ a: '1', b: '<&>', c: '' })
  await ec2.deleteTags({ Resources, Tags: [{ Key: 'a', Value: '1' }, { Key: 'c' }, { Key: 'none' }] })
  expect(await tags(world.tableId)).toEqual({ a: '2', b: '<&>' })
  expect(await tags(world.mainTableId)).toEqual({ b: '<&>' })
  await ec2.deleteTags({ Resources })
  expect(await tags(world.tableId)).toEqual({})
})

type Row = [string, (w: World) => Promise<unknown>, string]
const tag = [{ Key: 'k', Value: 'v' }]
const refused: readonly Row[] = [
  ['no resource', () => ec2.createTags({ Resources: [], Tags: tag }), 'MissingParameter'],
  ['no tag', (w) => ec2.createTags({ Resources: [w.tableId], Tags: [] }), 'MissingParameter'],
  [
    'an unknown resource among good ones',
    (w) => ec2.createTags({ Resources: [w.tableId, `rtb-${NOWHERE}`], Tags: tag }),
    'InvalidRouteTableID.NotFound',
  ],
  ['an id of no kind', () => ec2.createTags({ Resources: ['x'], Tags: tag }), 'InvalidID'],
  [
    'a key of Amazon',
    (w) => ec2.createTags({ Resources: [w.tableId], Tags: [{ Key: 'aws:x', Value: '' }] }),
    'InvalidParameterValue',
  ],
  [
    'a key twice',
    (w) => ec2.createTags({ Resources: [w.tableId], Tags: [...tag, ...tag] }),
    'InvalidParameterValue',
  ],
  [
    'a key too long',
    (w) => ec2.createTags({ Resources: [w.tableId], Tags: [{ Key: 'k'.repeat(128), Value: '' }] }),
    'InvalidParameterValue',
  ],
  [
    '51 tags',
    (w) =>
      ec2.createTags({
        Resources: [w.tableId],
        Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })),
      }),
    'TagLimitExceeded',
  ],
]
test.each(refused)('refused: %s', async (_, call, code) => {
  expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  expect(await tags(world.tableId)).toEqual({})
})
