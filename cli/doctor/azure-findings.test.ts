import { afterEach, beforeEach, expect, test } from 'vitest'
import { azureFindings } from '../../providers/azure/doctor/finding-codes.ts'
import { clusterFindings } from './cluster-findings.ts'
import { type AzureWorld, base, network, openAzureWorld } from './testing/azure-world.ts'
import { poolFlags } from './testing/cluster-world.ts'
import { type Case, type WrongCode, expectAllWell, expectFinding } from './testing/provoked.ts'

/** Every finding about Azure, provoked: the real command before a simulated cloud and cluster, over sockets. */

let world: AzureWorld
beforeEach(async () => {
  world = await openAzureWorld()
})
afterEach(() => world.close())

const everything = {
  protocol: '*',
  sourcePortRange: '*',
  destinationPortRange: '*',
  sourceAddressPrefix: '*',
  destinationAddressPrefix: '*',
}

/** The compiler knows if a code is missing here. */
const cases: Readonly<Record<WrongCode<typeof azureFindings>, Case<AzureWorld>>> = {
  CredentialsRejected: {
    provoke: ({ azure }) =>
      void azure.simulator.faults.inject({
        times: 100,
        fault: {
          kind: 'error',
          status: 401,
          code: 'ExpiredAuthenticationToken',
          message: 'The access token expiry UTC time is earlier than current UTC time.',
        },
      }),
    about: 'cluster/prod',
    says: /The access token expiry UTC time is earlier .*ExpiredAuthenticationToken/,
  },
  SubscriptionNotFound: {
    provoke: ({ azure }) => missing(azure, 'SubscriptionNotFound'),
    about: /^subscription\/00000000-/,
    says: /no subscription 00000000-/,
  },
  ResourceGroupNotFound: {
    provoke: ({ azure }) => missing(azure, 'ResourceGroupNotFound'),
    about: 'resource-group/prod',
    says: /no resource group prod in subscription 00000000-/,
  },
  PermissionMissing: {
    provoke: ({ deny }) => deny('Microsoft.Network/routeTables/write'),
    about: 'permission/Microsoft.Network/routeTables/write',
    says: /No role of these credentials has Microsoft\.Network\/routeTables\/write on \/sub.*\/nodes/,
    fix: /azure-controller-role\.json/,
  },
  NotExamined: {
    provoke: ({ deny }) => deny('Microsoft.Network/virtualNetworks/read'),
    about: 'permission/VirtualNetworks_Get',
    says: /permission Microsoft\.Network\/virtualNetworks\/read on .*, so it is not known which tables subnets follow/,
    fix: /azure-doctor-role\.json/,
  },
  RouteTableLocked: {
    provoke: ({ addLock }) => addLock(base, 'frozen', 'ReadOnly'),
    about: 'route-table/nodes',
    says: /lock frozen makes nodes read-only/,
    fix: /^az lock delete --ids .*\/locks\/frozen$/,
  },
  PolicyDenies: {
    provoke({ addPolicy }) {
      addPolicy('no-appliances', 'VirtualAppliance')
      addPolicy('watched', 'VirtualAppliance', 'Audit')
      addPolicy('no-internet', 'Internet')
    },
    about: 'route-table/nodes',
    says: /policy assignment no-appliances denies routes in nodes/,
    fix: /^az policy exemption create .*no-appliances .*--scope \S+\/nodes$/,
  },
  NoNodes: {
    provoke({ cluster }) {
      for (const name of ['node-a', 'node-b']) cluster.deleteNode(name)
    },
    about: 'cluster/prod',
    says: /no Nodes/,
  },
  NodeWithoutProviderID: {
    provoke({ a, cluster }) {
      cluster.deleteNode('node-a')
      cluster.addNode('node-a', { addresses: [a.address], podCIDRs: ['10.244.0.0/24'] })
    },
    about: 'Node/node-a',
    says: /has no spec\.providerID; by its addresses it is node-a/,
  },
  NodeNotFound: {
    provoke: ({ cluster }) =>
      void cluster.addNode('node-x', {
        providerID: `azure://${base}/providers/Microsoft.Compute/virtualMachines/never`,
      }),
    about: 'Node/node-x',
    says: /Azure knows no virtual machine .*never/,
  },
  NodeWithoutAddress: {
    provoke: ({ addNode }) => void addNode('node-4', { families: [4] }),
    about: 'Node/node-4',
    says: /node-4 has no IPv6 address: its interface needs an IP configuration/,
  },
  MachineNotRunning: {
    provoke: ({ azure, b }) => azure.simulator.machines.power(b.machine, 'deallocated'),
    about: 'Node/node-b',
    says: /machine of Node node-b, pool_0, does not run/,
    fix: /^az vmss start --ids \S+\/pool --instance-ids 0, or kubectl delete node node-b$/,
  },
  NoRouteTable: {
    provoke: ({ addTable }) => void addTable('nodes', false),
    about: 'cluster/prod',
    says: /No route table/,
  },
  RouteTableNotFound: {
    async provoke({ configure }) {
      // What is named wins over tags, and the file may name what is not there.
      await configure({ routeTableName: 'typo' })
    },
    about: 'route-table/typo',
    says: /no route table \/subscriptions\/.*\/typo/,
  },
  // Table not associated: https://github.com/Azure/AKS/issues/718, https://github.com/Azure/AKS/issues/1460,
  // https://github.com/Azure/AKS/issues/1781, https://github.com/kubernetes-sigs/cluster-api-provider-azure/pull/6358
  SubnetWithoutTable: {
    provoke({ addNode, addSubnet }) {
      addNode('node-c', { subnet: addSubnet('c', ['10.0.34.0/24', 'fd00:10:0:3::/64']) })
    },
    about: 'subnet/net/c',
    says: /subnet net\/c of Node node-c has no route table/,
    fix: /^az network vnet subnet update --ids \S+\/subnets\/c --route-table \S+\/nodes$/,
  },
  SubnetNotServed: {
    provoke({ addNode, addSubnet, addTable }) {
      const table = addTable('firewall', false)
      addNode('node-c', { subnet: addSubnet('c', ['10.0.34.0/24', 'fd00:10:0:3::/64'], { table }) })
    },
    about: 'subnet/net/c',
    says: /subnet net\/c of Node node-c follows firewall, which is not one of the cluster's/,
    fix: /^az tag update --resource-id \S+\/firewall --operation merge --tags kubernetes\.io_cluster_prod=shared/,
  },
  TableWithoutSubnet: {
    provoke: ({ addTable }) => void addTable('spare', true),
    about: 'route-table/spare',
    says: /No subnet follows spare/,
  },
  RouteTableFailed: {
    provoke({ addRoute, azure }) {
      azure.simulator.faults.inject({
        operation: 'Routes_CreateOrUpdate',
        fault: { kind: 'operation-ends', status: 'Failed', code: 'InternalServerError', message: 'x' },
      })
      addRoute('broken', '10.7.0.0/16', '10.0.32.9')
    },
    about: 'route-table/nodes',
    says: /last write of route broken of nodes has failed/,
  },
  GatewayRoutesPropagated: {
    provoke: ({ addSubnet }) => void addSubnet('GatewaySubnet', ['10.0.255.0/27']),
    about: 'route-table/nodes',
    says: /subnets of nodes also follow the routes that the gateway of net has learnt/,
  },
  ForwardingOff: {
    provoke: ({ a, change }) => change(a.interfaceId, { enableIPForwarding: false }),
    about: 'network-interface/node-a-nic',
    says: /IP forwarding of node-a-nic of Node node-a is off/,
    fix: /^az network nic update --ids \S+\/node-a-nic --ip-forwarding true$/,
  },
  ForwardingDrops: {
    provoke({ addNode, addRoute }) {
      const scaleSet = { name: 'pool', mode: 'Uniform' as const }
      const { address } = addNode('node-u', { name: '7', scaleSet, forwards: false })
      addRoute('podway.10.244.7.0_24', '10.244.7.0/24', address)
    },
    about: 'network-interface/pool_7/7-nic',
    says: /Routes lead to Node node-u, and IP forwarding of its pool_7\/7-nic is off/,
    fix: /enableIPForwarding in the network profile of the scale set pool/,
  },
  RouteTableFull: {
    provoke: () => [...poolFlags, '--azure-routes-per-table', '3'],
    about: 'route-table/nodes',
    says: /nodes has 0 of 3 routes, and the Nodes need 4 more/,
  },
  RouteTableNearlyFull: {
    provoke: () => [...poolFlags, '--azure-routes-per-table', '5'],
    about: 'route-table/nodes',
    says: /nodes has 4 of 5 routes once every Node has its own/,
  },
  PoolsExceedTable: {
    provoke: () => [...poolFlags, '--azure-routes-per-table', '400'],
    about: 'route-table/nodes',
    says: /pools are for 256 Nodes, and nodes takes 400 routes of both families/,
  },
  RouteLimitLower: {
    provoke: () => [...poolFlags, '--azure-routes-per-table', '1001'],
    about: 'route-table/nodes',
    says: /nodes takes 1000 routes by the limit of its subscription, and by the configuration 1001/,
    fix: /--azure-routes-per-table=1000\.$/,
  },
  RangeOverlapsSubnet: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,10.0.32.0/22'],
    about: 'pool/10.0.32.0/22',
    says: /overlaps 10\.0\.32\.0\/24 of subnet net\/a/,
  },
  RangeOverlapsNetwork: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,10.0.128.0/17'],
    about: 'pool/10.0.128.0/17',
    says: /Pool 10\.0\.128\.0\/17 overlaps 10\.0\.0\.0\/16, the address space of net/,
  },
  RangeOverlapsPeer: {
    provoke: ({ change }) =>
      change(network, {
        subnets: [],
        virtualNetworkPeerings: [
          {
            name: 'hub',
            properties: {
              remoteVirtualNetwork: { id: `${network}-hub` },
              remoteAddressSpace: { addressPrefixes: ['10.244.128.0/17'] },
            },
          },
        ],
      }),
    about: 'pool/10.244.0.0/16',
    says: /overlaps 10\.244\.128\.0\/17 of net-hub, which is peered by hub/,
  },
  RangeReserved: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,169.254.0.0/20'],
    about: 'pool/169.254.0.0/20',
    says: /overlaps 169\.254\.0\.0\/16/,
  },
  ForeignRoute: {
    provoke: ({ addRoute, b }) => addRoute('stolen', '10.244.0.0/24', b.address),
    about: 'route-table/nodes',
    says: /route stolen to 10\.244\.0\.0\/24 in nodes leads to address\/10\.0\.33\.4, and that is the podCIDR of Node node-a, whose address is 10\.0\.32\.4/,
    fix: /route delete --ids \S+\/nodes\/routes\/stolen$/,
  },
  ForeignRouteInside: {
    provoke: ({ addRoute }) => addRoute('part', 'fd00:10:244:0:8000::/65', 'None'),
    about: 'route-table/nodes',
    says: /leads to other\/None, and takes a part of the podCIDR of Node node-a away/,
  },
  RouteInPool: {
    provoke: ({ a, addRoute }) => addRoute('old', '10.244.9.0/24', a.address),
    about: 'route-table/nodes',
    says: /route old to 10\.244\.9\.0\/24 .*: it lies in the pool 10\.244\.0\.0\/16, and no Node has it/,
  },
  NextHopUnknown: {
    provoke: ({ addRoute }) => addRoute('gone', '10.244.9.0/24', '10.0.32.99'),
    about: 'route-table/nodes',
    says: /leads to address\/10\.0\.32\.99, which no Node has/,
  },
  DuplicatePrefix: {
    provoke({ addRoute }) {
      addRoute('one', 'fd00:9::/64', 'fd00:10:0:1::4')
      addRoute('two', 'fd00:9:0:0::/64', 'fd00:10:0:1::5')
    },
    about: 'route-table/nodes',
    says: /2 routes \(one, two\) of nodes lead to one range, fd00:9::\/64/,
  },
  CloudProviderRoutes: {
    provoke({ a, addRoute }) {
      addRoute('node-a____102440024', '10.244.0.0/24', a.address)
    },
    about: 'route-table/nodes',
    says: /nodes has route node-a____102440024 by the names that the cloud-controller-manager gives/,
  },
  PodTrafficBlocked: {
    provoke({ addSecurityGroup }) {
      const rule = { ...everything, priority: 4000, direction: 'Inbound', access: 'Deny' }
      addSecurityGroup('nsg', rule)
    },
    about: 'security-group/nsg',
    says: /nsg of Node node-a lets no packets of pods in 10\.244\.0\.0\/16 in, by rule-0 \(Deny, priority 4000\)/,
    fix: /^az network nsg rule create --resource-group prod --nsg-name nsg --name podway-in-v4 --priority 100 --direction Inbound/,
  },
  PodTrafficPartlyBlocked: {
    provoke({ addSecurityGroup }) {
      const rule = { ...everything, priority: 100, direction: 'Outbound', access: 'Deny' }
      addSecurityGroup('nsg', { ...rule, protocol: 'Tcp', destinationPortRange: '25' })
    },
    about: 'security-group/nsg',
    says: /only a part of the packets of pods in fd00:10:244::\/56 out, by rule-0/,
    fix: /^Allow all traffic/,
  },
}

function missing({ simulator }: AzureWorld['azure'], code: string): void {
  simulator.faults.inject({
    operation: 'ResourceGroups_Get',
    times: 100,
    fault: { kind: 'error', status: 404, code, message: 'It could not be found.' },
  })
}

test('all is well: one finding for each thing that was examined, and exit code 0', () =>
  expectAllWell(world, { ...azureFindings, ...clusterFindings }))

test.each(Object.entries(cases))('%s', (name, one) => expectFinding(world, azureFindings, name, one))

test('what stands at rest is no finding: a route of podway, a default route, one of a peer', async () => {
  world.manager('--allocate-node-cidrs=false')
  const { a, addRoute } = world
  addRoute('podway.10.244.0.0_24', '10.244.0.0/24', a.address)
  addRoute('firewall', '0.0.0.0/0', '10.0.32.200')
  addRoute('hub', '10.9.0.0/16', '10.0.32.200')
  expect((await world.examine()).wrong).toEqual([])
})

test('the cloud-controller-manager, as Azure has it, writes routes unless it is told not to', async () => {
  world.manager('--allocate-node-cidrs=false')
  const image = 'mcr.microsoft.com/oss/kubernetes/azure-cloud-controller-manager:v1.33.0'
  const command = ['cloud-controller-manager', '--cloud-provider=azure', '--cluster-cidr=10.244.0.0/16']
  const off = [...command, '--configure-cloud-routes=false']
  world.addWorkload('deployments', 'quiet', { image, command: off })
  expect((await world.examine()).wrong).toEqual([])
  world.addWorkload('deployments', 'cloud-controller-manager', { image, command })
  expect((await world.examine()).wrong).toEqual([
    'error AnotherRouteController Deployment/kube-system/cloud-controller-manager',
  ])
})

test('no table is the cluster’s: the subnets say which one could be', async () => {
  world.manager('--allocate-node-cidrs=false')
  world.addTable('nodes', false)
  expect((await world.examine()).wrong).toEqual([
    'error NoRouteTable cluster/prod',
    'error SubnetNotServed subnet/net/a',
    'error SubnetNotServed subnet/net/b',
  ])
})

test('a lock of a resource group whose name begins alike is of no account', async () => {
  world.manager('--allocate-node-cidrs=false')
  const { addLock, addSubnet, azure } = world
  const far = `${base}-2/providers/microsoft.network/routetables/far`
  azure.send('PUT', far, { location: 'westeurope' })
  addSubnet('far', ['10.0.40.0/24'], { table: far })
  addLock(base, 'frozen', 'ReadOnly')
  const { wrong } = await world.examine([...poolFlags, '--extra-route-table-ids', far])
  expect(wrong).toEqual(['error RouteTableLocked route-table/nodes'])
})

test('locks: one against deletion, and one of something else, are of no account; one of the table itself is', async () => {
  world.manager('--allocate-node-cidrs=false')
  const { addLock, addTable, table } = world
  addLock(base, 'keep', 'CanNotDelete')
  addLock(addTable('other', false), 'frozen', 'ReadOnly')
  expect((await world.examine()).wrong).toEqual([])
  addLock(table, 'frozen', 'ReadOnly')
  expect((await world.examine()).wrong).toEqual(['error RouteTableLocked route-table/nodes'])
})

test('a permission to let interfaces forward is needed only where one does not', async () => {
  world.manager('--allocate-node-cidrs=false')
  world.deny('Microsoft.Network/networkInterfaces/write')
  world.deny('Microsoft.Compute/virtualMachineScaleSets/virtualMachines/write')
  expect((await world.examine()).wrong).toEqual([])
  world.change(world.a.interfaceId, { enableIPForwarding: false })
  const { findings, wrong } = await world.examine()
  expect(wrong).toEqual([
    'error PermissionMissing permission/Microsoft.Network/networkInterfaces/write',
    'warning ForwardingOff network-interface/node-a-nic',
  ])
  expect(findings[0]?.message).toContain('/resourcegroups/prod')
})

test('an Azure CLI without login is a finding; an answer that nobody foresaw ends the examination', async () => {
  world.manager('--allocate-node-cidrs=false')
  const { azure } = world
  azure.simulator.faults.inject({
    times: 100,
    fault: { kind: 'error', status: 400, code: 'NobodyForesaw', message: 'It is Friday.' },
  })
  const ended = await world.run('--output', 'json')
  expect([ended.code, ended.stdout]).toEqual([1, ''])
  expect(ended.stderr).toContain('VirtualMachines_Get failed: It is Friday. (NobodyForesaw)')
  azure.simulator.faults.clear()
  await world.logOut()
  const { findings } = await world.examine()
  expect(findings[0]).toMatchObject({
    code: 'CredentialsRejected',
    message: expect.stringMatching(/^No Azure credentials for ResourceGroups_Get/) as unknown,
  })
})

test('a policy that denies something else, or only watches, is of no account', async () => {
  world.manager('--allocate-node-cidrs=false')
  world.addPolicy('no-internet', 'Internet')
  world.addPolicy('watched', 'VirtualAppliance', 'Audit')
  expect((await world.examine()).wrong).toEqual([])
})

test('a gateway does no harm where a table takes none of its routes', async () => {
  world.manager('--allocate-node-cidrs=false')
  world.change(world.table, { disableBgpRoutePropagation: true })
  world.addSubnet('GatewaySubnet', ['10.0.255.0/27'])
  expect((await world.examine()).wrong).toEqual([])
})
