import { expect, test } from 'vitest'
import { type AwsWorld, openAwsWorld } from '../../cli/doctor/testing/aws-world.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { openLocalStack } from './temporary.ts'

/** What a write could have changed: the routes, and the checks of all interfaces. */
async function state({ ec2, vpcId }: AwsWorld): Promise<unknown> {
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const { RouteTables } = await ec2.describeRouteTables({ Filters })
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ Filters })
  return [
    RouteTables?.map(({ Routes }) => Routes),
    NetworkInterfaces?.map(({ SourceDestCheck }) => SourceDestCheck),
  ]
}

await describeWithPython('podway doctor aws before LocalStack, which carries dry runs out', () => {
  test('it finds what is there, and changes nothing', async () => {
    const localStack = await openLocalStack()
    try {
      const world = await openAwsWorld({ ec2Url: localStack.url })
      try {
        world.manager('--allocate-node-cidrs=false')
        await world.addRoute('10.244.0.0/24', world.b)
        await world.setCheck(world.b.interfaceId, true)
        const before = await state(world)
        const { wrong } = await world.examine()
        expect(wrong).toEqual([
          expect.stringMatching(/^error SourceDestCheckDrops network-interface\/eni-/),
          expect.stringMatching(/^error ForeignRoute route-table\/rtb-/),
          // Its network ACLs have no entries for IPv6, in either direction, where EC2's have.
          ...['in', 'out'].map(
            () => expect.stringMatching(/^error NetworkAclBlocks network-acl\/acl-/) as unknown,
          ),
          ...['CreateRoute', 'ReplaceRoute', 'DeleteRoute', 'ModifyNetworkInterfaceAttribute'].map(
            (action) => `unknown PermissionUnknown permission/ec2:${action}`,
          ),
        ])
        expect(await state(world)).toEqual(before)
      } finally {
        await world.close()
      }
    } finally {
      await localStack.close()
    }
  })
})
