import { afterAll, beforeAll } from 'vitest'
import { actionOf, faultOf } from '../conformance/aws-failures.ts'
import { type AwsWorld, createAwsWorld } from '../conformance/aws-world.ts'
import { type FaultyProxy, startFaultyProxy } from '../conformance/faulty-proxy.ts'
import { describeProvider } from '../conformance/provider.case.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { openLocalStack, type TemporaryLocalStack } from './temporary.ts'

/** The AWS provider before a LocalStack that all tests share, each in a VPC of its own. */
let localStack: TemporaryLocalStack
let proxy: FaultyProxy

const make = (): Promise<AwsWorld> =>
  createAwsWorld({
    endpoint: proxy.url,
    region: 'eu-central-1',
    failNext: (call, failure) => {
      proxy.faults.inject({ action: actionOf[call], fault: faultOf[failure] })
    },
    close: () => {
      proxy.faults.clear()
      return Promise.resolve()
    },
  })

await describeWithPython('LocalStack', () => {
  beforeAll(async () => {
    localStack = await openLocalStack()
    proxy = await startFaultyProxy(localStack.url)
  }, 600_000)

  afterAll(async () => {
    await proxy.close()
    await localStack.close()
  })

  describeProvider({
    name: 'AWS on LocalStack',
    make,
    deviations: [
      {
        test: 'create where another route is: changed, and that one stays',
        reason: 'CreateRoute overwrites, where EC2 refuses it with RouteAlreadyExists',
      },
      {
        test: 'a route to a terminated instance is a black hole, and can be replaced and deleted',
        reason: 'such a route stays active, where EC2 calls it blackhole',
      },
      {
        test: 'a node without provider ID is found by an IPv6 address alone',
        reason:
          'DescribeInstances lacks the filter network-interface.ipv6-addresses.ipv6-address, which EC2 has',
      },
      {
        test: 'prepare: one target that is gone spoils no other',
        reason:
          'an interface that was made for an instance outlives it, where EC2 deletes it with the instance',
      },
    ],
  })
})
