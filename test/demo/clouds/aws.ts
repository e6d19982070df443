import { EC2 } from '@aws-sdk/client-ec2'
import { readVpc } from '../../lab/aws/read-vpc.ts'
import { vpcFabric } from '../../lab/aws/vpc-rules.ts'
import type { LocalStackInstall } from '../../localstack/install.ts'
import { startLocalStack } from '../../localstack/server.ts'
import { createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import { serve } from '../../simulators/http-server.ts'
import { createInstance, createVpc, routesIn } from '../vpc.ts'
import { type DemoCloud, type DemoTable, type SubnetName, usualClusterCidr } from './demo-cloud.ts'

const region = 'us-east-1'
const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }

/** AWS by the EC2 simulator. */
export async function simulatedAws(): Promise<DemoCloud> {
  const server = await serve(createEc2Simulator({ region }))
  return openVpc({ url: server.url, pids: [], close: () => server.close() })
}

/** AWS by LocalStack, which may write to that folder. */
export async function localStackAws(
  install: LocalStackInstall | undefined,
  dataDir: string,
): Promise<DemoCloud> {
  if (install === undefined) throw new Error('LocalStack is not installed: start the demo by "npm run demo"')
  const server = await startLocalStack(install, { dataDir })
  return openVpc({ url: server.url, pids: [server.pid], close: () => server.stop() })
}

interface Ec2Server {
  readonly url: string
  readonly pids: readonly number[]
  readonly close: () => Promise<void>
}

async function openVpc({ close, pids, url }: Ec2Server): Promise<DemoCloud> {
  const ec2 = new EC2({ endpoint: url, region, credentials })
  const vpc = await createVpc(ec2)
  const hosts: Record<SubnetName, number> = { a: 10, b: 10, database: 10 }
  return {
    controller: {
      args: ['--provider', 'aws'],
      // What AWS's own tools read.
      env: {
        AWS_ENDPOINT_URL_EC2: url,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        // There is no instance metadata service here, and nobody should wait for it.
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    },
    clusterCidr: usualClusterCidr,
    rebuiltIn: 'a',
    pids,
    tables: [
      ...vpc.nodeTables.map((id, index) => ({ id, name: `subnet ${'ab'.charAt(index)}`, isPodways: true })),
      { id: vpc.databaseTable, name: 'database', isPodways: false },
    ],
    databaseIsRouted: false,
    nativeRanges: '10.0.1.0/24,10.0.2.0/24',
    readFabric: async () => vpcFabric(await readVpc(ec2, vpc.id)),
    async createInstance(name, subnet) {
      const { eniId, id, ipv4, ipv6, zone } = await createInstance(ec2, vpc, subnet, name, ++hosts[subnet])
      return {
        name,
        providerID: `aws:///${zone}/${id}`,
        portId: eniId,
        addresses: { 4: ipv4, 6: ipv6 },
        targets: { 4: eniId, 6: eniId },
      }
    },
    async terminate({ providerID }) {
      await ec2.terminateInstances({ InstanceIds: [providerID.split('/').at(-1) ?? ''] })
    },
    routesIn: ({ id }) => routesIn(ec2, id),
    async addForeignRoute(table, destination, { portId }) {
      await ec2.createRoute({ ...routeOf(table, destination), NetworkInterfaceId: portId })
    },
    async deleteRoute(table, destination) {
      await ec2.deleteRoute(routeOf(table, destination))
    },
    async misdirect(table, destination, { portId }) {
      await ec2.replaceRoute({ ...routeOf(table, destination), NetworkInterfaceId: portId })
    },
    close: async () => {
      ec2.destroy()
      await close()
    },
  }
}

const routeOf = (
  { id }: DemoTable,
  destination: string,
): { RouteTableId: string; DestinationCidrBlock?: string; DestinationIpv6CidrBlock?: string } => ({
  RouteTableId: id,
  ...(destination.includes(':')
    ? { DestinationIpv6CidrBlock: destination }
    : { DestinationCidrBlock: destination }),
})
