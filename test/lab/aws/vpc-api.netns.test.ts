import { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import { Fabric } from '../fabric.ts'
import { Machine } from '../machine.ts'
import { connectPlainPod } from '../plain-pod.ts'
import { type Endpoint, Prober, everyPair, runProbes } from '../probe.ts'
import { readVpc } from './read-vpc.ts'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import { vpcFabric } from './vpc-rules.ts'

/** Two nodes in one subnet of a VPC that is made, changed and read by API calls only. */
const nodes = ['a1', 'b1'] as const
type Name = (typeof nodes)[number]

let server: RunningServer
let ec2: EC2
let fabric: Fabric
let vpcId: string
let tableId: string
const enis: Record<Name, string> = { a1: '', b1: '' }
const instances: Record<Name, string> = { a1: '', b1: '' }
const machines: Machine[] = []
const pods: Endpoint[] = []

function must(text: string | undefined): string {
  if (text === undefined) throw new Error('the API left out a field')
  return text
}

beforeAll(async () => {
  server = await serve(createEc2Simulator({ buckets: 'off' }))
  ec2 = new EC2({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  const vpc = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })
  vpcId = must(vpc.Vpc?.VpcId)
  const v6 = must((await readVpc(ec2, vpcId)).cidrs.find((cidr) => cidr.includes(':')))
  const { Subnet: subnet } = await ec2.createSubnet({
    VpcId: vpcId,
    CidrBlock: '10.0.1.0/24',
    Ipv6CidrBlock: v6.replace('/56', '/64'),
  })
  tableId = must((await ec2.createRouteTable({ VpcId: vpcId })).RouteTable?.RouteTableId)
  await ec2.associateRouteTable({ RouteTableId: tableId, SubnetId: must(subnet?.SubnetId) })
  fabric = await Fabric.create('api-fabric')
  for (const name of nodes) {
    const { Instances } = await ec2.runInstances({
      ImageId: 'ami-0123456789abcdef0',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: must(subnet?.SubnetId),
      Ipv6AddressCount: 1,
    })
    instances[name] = must(Instances?.[0]?.InstanceId)
    enis[name] = must(Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId)
  }
  await sync()
  for (const name of nodes) {
    const machine = await Machine.boot(`api-${name}`)
    machines.push(machine)
    await fabric.plug(enis[name], { namespace: machine.name, device: 'eth0' })
    await connectPlainPod(machine, 'pod', podAddresses(name))
    const prober = await Prober.start(
      machine.command([process.execPath, `${import.meta.dirname}/../prober.ts`], 'pod'),
    )
    pods.push({ name, kind: 'pod', prober, addresses: podAddresses(name) })
  }
})

afterAll(async () => {
  await Promise.all(pods.map(({ prober }) => prober.stop()))
  await fabric.close()
  await Promise.all(machines.map((machine) => machine.remove()))
  ec2.destroy()
  await server.close()
})

const sync = async (): Promise<string> => fabric.apply(vpcFabric(await readVpc(ec2, vpcId)))

/** How many of the four probes, two each way, get through now. */
async function passing(): Promise<number> {
  await sync()
  return (await runProbes(everyPair(pods), { timeoutMs: 300 })).ok
}

test('packets pass from the last call that they need on, and until the first that takes it away', async () => {
  expect(await passing()).toBe(0)
  for (const name of nodes) {
    const [v4, v6] = podRanges(name)
    const target = { RouteTableId: tableId, NetworkInterfaceId: enis[name] }
    await ec2.createRoute({ ...target, DestinationCidrBlock: v4 })
    await ec2.createRoute({ ...target, DestinationIpv6CidrBlock: v6 })
  }
  expect(await passing()).toBe(0)
  for (const name of nodes) {
    const check = { NetworkInterfaceId: enis[name], SourceDestCheck: { Value: false } }
    await ec2.modifyNetworkInterfaceAttribute(check)
  }
  expect(await passing()).toBe(4)
  await ec2.deleteRoute({ RouteTableId: tableId, DestinationIpv6CidrBlock: podRanges('a1')[1] })
  expect(await passing()).toBe(2)
  await ec2.terminateInstances({ InstanceIds: [instances.b1] })
  expect(await passing()).toBe(0)
})
