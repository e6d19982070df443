import { parseAddress } from '../../net/address.ts'
import { cidrAround, formatCidr, nthSubnet } from '../../net/cidr.ts'
import type { EC2, Instance, Tag } from '@aws-sdk/client-ec2'
import { type SubnetName, given } from './clouds/demo-cloud.ts'
import { clusterName } from './cluster-name.ts'

/** What the demo makes in AWS, before podway comes. */
export interface Vpc {
  readonly id: string
  /** The tables that carry the cluster's tag, and so are podway's to write. */
  readonly nodeTables: readonly string[]
  readonly databaseTable: string
  readonly subnets: Readonly<Record<SubnetName, VpcSubnet>>
}

interface VpcSubnet {
  readonly id: string
  readonly zone: string
  readonly ipv6Cidr: string
}

export interface VpcInstance {
  readonly id: string
  readonly eniId: string
  readonly zone: string
  readonly ipv4: string
  readonly ipv6: string
}

const region = 'us-east-1'

/** A VPC with both families, two node subnets in two zones and a database subnet, each with a table of its own. */
export async function createVpc(ec2: EC2): Promise<Vpc> {
  const { Vpc } = await ec2.createVpc({
    CidrBlock: '10.0.0.0/16',
    AmazonProvidedIpv6CidrBlock: true,
    ...named('vpc', 'demo'),
  })
  const id = given(Vpc?.VpcId, 'VpcId')
  const described = await ec2.describeVpcs({ VpcIds: [id] })
  const ipv6 = given(described.Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock, 'Ipv6CidrBlock')
  const make = async (
    name: SubnetName,
    number: number,
    zone: string,
  ): Promise<VpcSubnet & { readonly tableId: string }> => {
    const ipv6Cidr = nthSlash64(ipv6, number)
    const subnet = await ec2.createSubnet({
      VpcId: id,
      CidrBlock: `10.0.${number}.0/24`,
      Ipv6CidrBlock: ipv6Cidr,
      AvailabilityZone: zone,
      ...named('subnet', name),
    })
    const subnetId = given(subnet.Subnet?.SubnetId, 'SubnetId')
    const cluster: Tag[] =
      name === 'database' ? [] : [{ Key: `kubernetes.io/cluster/${clusterName}`, Value: 'owned' }]
    const table = await ec2.createRouteTable({ VpcId: id, ...named('route-table', name, cluster) })
    const tableId = given(table.RouteTable?.RouteTableId, 'RouteTableId')
    await ec2.associateRouteTable({ RouteTableId: tableId, SubnetId: subnetId })
    return { id: subnetId, zone, ipv6Cidr, tableId }
  }
  const a = await make('a', 1, `${region}a`)
  const b = await make('b', 2, `${region}b`)
  const database = await make('database', 3, `${region}a`)
  return {
    id,
    nodeTables: [a.tableId, b.tableId],
    databaseTable: database.tableId,
    subnets: { a, b, database },
  }
}

/** An instance with one interface, whose addresses end in `host`. */
export async function createInstance(
  ec2: EC2,
  vpc: Vpc,
  subnet: SubnetName,
  name: string,
  host: number,
): Promise<VpcInstance> {
  const { id: subnetId, zone, ipv6Cidr } = vpc.subnets[subnet]
  const number = { a: 1, b: 2, database: 3 }[subnet]
  const ipv4 = `10.0.${number}.${host}`
  const ipv6 = ipv6Cidr.replace(/::\/64$/, `::${host.toString(16)}`)
  const { Instances } = await ec2.runInstances({
    ImageId: 'ami-12345678',
    InstanceType: 't3.small',
    MinCount: 1,
    MaxCount: 1,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnetId,
        PrivateIpAddress: ipv4,
        DeleteOnTermination: true,
      },
    ],
    ...named('instance', name),
  })
  const instance: Instance | undefined = Instances?.[0]
  const eniId = given(instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId, 'NetworkInterfaceId')
  // A call of its own, since LocalStack forgets the IPv6 addresses that RunInstances is given.
  await ec2.assignIpv6Addresses({ NetworkInterfaceId: eniId, Ipv6Addresses: [ipv6] })
  return { id: given(instance?.InstanceId, 'InstanceId'), eniId, zone, ipv4, ipv6 }
}

/** The destinations in a table, sorted; without the VPC's own. */
export async function routesIn(
  ec2: EC2,
  tableId: string,
): Promise<readonly { destination: string; target: string }[]> {
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [tableId] })
  return (RouteTables?.[0]?.Routes ?? [])
    .filter((route) => route.GatewayId !== 'local')
    .map((route) => ({
      destination: route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? '?',
      target: route.NetworkInterfaceId ?? route.InstanceId ?? route.GatewayId ?? '?',
    }))
    .sort((one, other) => (one.destination < other.destination ? -1 : 1))
}

function named<const Type extends string>(
  type: Type,
  name: string,
  more: readonly Tag[] = [],
): { TagSpecifications: { ResourceType: Type; Tags: Tag[] }[] } {
  return { TagSpecifications: [{ ResourceType: type, Tags: [{ Key: 'Name', Value: name }, ...more] }] }
}

/** The subnet of that number in the VPC's range, whose text may have zeros too many (LocalStack). */
function nthSlash64(vpcRange: string, number: number): string {
  const [address = '', length = ''] = vpcRange.split('/')
  const range = cidrAround(parseAddress(address.replaceAll(/(^|:)0+(?=[0-9a-f])/g, '$1')), Number(length))
  return formatCidr(nthSubnet(range, 64, BigInt(number)))
}
