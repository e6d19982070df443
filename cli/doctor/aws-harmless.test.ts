import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Call } from '../../test/simulators/ec2/call-log.ts'
import { NOWHERE } from '../../test/simulators/ec2/sdk-fixture.ts'
import { type AwsWorld, type AwsWorldOptions, openAwsWorld } from './testing/aws-world.ts'

async function inWorld<T>(options: AwsWorldOptions, work: (world: AwsWorld) => Promise<T>): Promise<T> {
  const world = await openAwsWorld(options)
  world.manager('--allocate-node-cidrs=false')
  return work(world).finally(() => world.close())
}

const isWrite = ({ action }: Call): boolean => !action.startsWith('Describe')

/** What a write could have changed. */
async function state({ a, b, ec2, tableId }: AwsWorld): Promise<unknown> {
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [tableId] })
  const NetworkInterfaceIds = [a.interfaceId, b.interfaceId]
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds })
  return [RouteTables?.[0]?.Routes, NetworkInterfaces?.map(({ SourceDestCheck }) => SourceDestCheck)]
}

test('it reads, and its writes are dry runs', () =>
  inWorld({}, async (world) => {
    await world.examine()
    const calls = world.calls()
    const writes = calls.filter(isWrite)
    expect(writes.map(({ action }) => action).sort()).toEqual([
      'CreateRoute',
      'DeleteRoute',
      'ModifyNetworkInterfaceAttribute',
      'ReplaceRoute',
    ])
    for (const { executed, parameters } of writes)
      expect([executed, parameters.DryRun]).toEqual([false, 'true'])
    // https://github.com/ranchergovernment/rke2-aws-tf/issues/25
    for (const { action, parameters } of calls.filter((call) => !isWrite(call)))
      expect(Object.keys(parameters), action).toContain('Filter.1.Name')
    expect([...new Set(world.cluster.calls.map(({ method }) => method))]).toEqual(['GET'])
  }))

// As LocalStack does: test/localstack/doctor.live.test.ts
test('an API that carries dry runs out is asked for none, and nothing is known of permissions', () =>
  inWorld({ executesDryRuns: 'all' }, async (world) => {
    const before = await state(world)
    const { wrong } = await world.examine()
    expect(wrong).toEqual(
      ['CreateRoute', 'ReplaceRoute', 'DeleteRoute', 'ModifyNetworkInterfaceAttribute'].map(
        (action) => `unknown PermissionUnknown permission/ec2:${action}`,
      ),
    )
    expect(world.calls().filter(isWrite)).toEqual([])
    expect(await state(world)).toEqual(before)
  }))

test('an API that carries out only those of writes: they come to nothing', () =>
  inWorld({ executesDryRuns: 'writes' }, async (world) => {
    await world.addRoute('10.244.0.0/24', world.a)
    await world.setCheck(world.b.interfaceId, true)
    const before = await state(world)
    await world.examine()
    expect(world.calls().filter(isWrite)).toHaveLength(4)
    expect(await state(world)).toEqual(before)
  }))

test('a table that has routes to all documentation ranges but one: the one is tried; with all of them none is', () =>
  inWorld({ executesDryRuns: 'writes' }, async (world) => {
    await world.addRoute('192.0.2.0/24', world.a)
    await world.addRoute('198.51.100.0/24', world.a)
    await world.examine()
    const tried = world.calls().filter(({ action }) => action === 'DeleteRoute')
    expect(tried.map(({ parameters }) => parameters.DestinationCidrBlock)).toEqual(['203.0.113.0/24'])
    await world.addRoute('203.0.113.0/24', world.a)
    const { findings } = await world.examine()
    expect(findings.find(({ code }) => code === 'PermissionUnknown')?.message).toMatch(
      /ranges that are for documents/,
    )
    expect(world.calls().filter(({ action }) => action === 'DeleteRoute')).toHaveLength(1)
  }))

test('each table is tried: a permission may be limited by tag', () =>
  inWorld({}, async (world) => {
    const tableId = await world.newTable(true)
    await world.associate(tableId, await world.newSubnet('10.0.9.0/24'))
    world.simulator.permissions.deny({
      action: 'ReplaceRoute',
      when: (parameters) => parameters.get('RouteTableId') === tableId,
    })
    const { findings, wrong } = await world.examine()
    expect(wrong).toEqual(['error PermissionMissing permission/ec2:ReplaceRoute'])
    expect(findings[0]?.message).toContain(tableId)
  }))

test('a refusal without words still says which action it was', () =>
  inWorld({}, async (world) => {
    world.simulator.permissions.deny({ action: 'DeleteRoute', inWords: false })
    const { findings } = await world.examine()
    expect(findings[0]?.message).toMatch(
      /AWS does not allow ec2:DeleteRoute .*sts:DecodeAuthorizationMessage/,
    )
    expect(findings[0]?.fix).toMatch(/aws-controller-policy\.json/)
  }))

test.each(['DescribeInstances', 'DescribeRouteTables', 'DescribeNetworkInterfaces'])(
  '%s, which the controller needs, is denied: an error, and the rest is examined as far as it goes',
  (action) =>
    inWorld({}, async (world) => {
      world.simulator.permissions.deny({ action })
      const { code, wrong } = await world.examine()
      expect(wrong).toContain(`error PermissionMissing permission/ec2:${action}`)
      expect(wrong.filter((line) => !line.includes('Permission'))).toEqual([])
      expect(code).toBe(1)
    }),
)

test.each([
  'DescribeVpcs',
  'DescribeSubnets',
  'DescribeVpcPeeringConnections',
  'DescribeSecurityGroups',
  'DescribeNetworkAcls',
])('%s, without which routes are written all the same, is denied: it is unknown, and no error', (action) =>
  inWorld({}, async (world) => {
    world.simulator.permissions.deny({ action })
    const { code, wrong } = await world.examine()
    expect(wrong).toEqual([`unknown NotExamined permission/ec2:${action}`])
    expect(code).toBe(0)
  }),
)

test('deploy/iam: the controller’s policy and the doctor’s together list exactly what it asks for', () =>
  inWorld({}, async (world) => {
    // The other ways to find a Node and its interface.
    world.cluster.addNode('by-address', { addresses: ['10.0.1.99', 'fd00::99'] })
    world.cluster.addNode('unknown', { providerID: `aws:///x/i-${NOWHERE}` })
    await world.examine(['--aws-target-interface', 'tag=pods=yes', '--aws-match-node-names'])
    await world.examine()
    const used = [...new Set(world.calls().map(({ action }) => `ec2:${action}`))].sort()
    const actionsOf = (name: string): readonly string[] => {
      const file = new URL(`../../deploy/iam/${name}.json`, import.meta.url)
      const { Statement } = JSON.parse(readFileSync(file, 'utf8')) as {
        readonly Statement: readonly {
          readonly Action: string | readonly string[]
          readonly Effect: string
        }[]
      }
      return Statement.flatMap(({ Action }) => Action)
    }
    const [controller, doctor] = [actionsOf('aws-controller-policy'), actionsOf('aws-doctor-policy')]
    expect([...controller, ...doctor].sort()).toEqual(used)
    for (const action of doctor) expect(action).toMatch(/^ec2:Describe[A-Za-z]+$/)
  }))
