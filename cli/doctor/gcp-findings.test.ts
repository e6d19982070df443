import { afterEach, beforeEach, test } from 'vitest'
import { gcpFindings } from '../../providers/gcp/doctor/finding-codes.ts'
import { clusterFindings } from './cluster-findings.ts'
import { poolFlags } from './testing/cluster-world.ts'
import { type GcpWorld, alias, openGcpWorld, restrained } from './testing/gcp-world.ts'
import { type Case, type WrongCode, expectAllWell, expectFinding } from './testing/provoked.ts'

/** Every finding about Google Cloud, provoked: the real command before a simulated cloud and cluster, over sockets. */

let world: GcpWorld
beforeEach(async () => {
  world = await openGcpWorld()
})
afterEach(() => world.close())

/** Of no pool. */
const noPools: readonly string[] = []

/** The compiler knows if a code is missing here. */
const cases: Readonly<Record<WrongCode<typeof gcpFindings>, Case<GcpWorld>>> = {
  PermissionMissing: {
    provoke: ({ deny }) => deny('compute.routes.create'),
    about: 'permission/compute.routes.create',
    says: /lack compute\.routes\.create in project prod-1/,
    fix: /deploy\/iam\/gcp-controller-role\.yaml/,
  },
  PermissionUnknown: {
    provoke: ({ resourceManager }) =>
      resourceManager.refuse({
        status: 403,
        rpcStatus: 'PERMISSION_DENIED',
        message: 'Request had insufficient authentication scopes.',
        reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      }),
    about: 'project/prod-1',
    says: /not known: the Resource Manager API answers 403: Request had insufficient authentication scopes/,
  },
  NotExamined: {
    provoke: ({ deny }) => deny('compute.routers.list'),
    about: 'permission/compute.routers.list',
    says: /permission compute\.routers\.list is missing .* so it is not known whether Nodes reach the Internet by Cloud NAT/,
    fix: /deploy\/iam\/gcp-doctor-role\.yaml/,
  },
  NoNodes: {
    provoke({ cluster }) {
      for (const name of ['node-a', 'node-b']) cluster.deleteNode(name)
    },
    about: 'cluster/prod',
    says: /no Nodes/,
  },
  NetworkNotFound: {
    provoke: () => [...poolFlags, '--gcp-network', 'prod,none'],
    about: 'network/projects/prod-1/global/networks/none',
    says: /There is no network projects\/prod-1\/global\/networks\/none/,
  },
  NodeWithoutProviderID: {
    provoke({ cluster }) {
      cluster.deleteNode('node-b')
      cluster.addNode('node-b', { addresses: ['10.0.1.3'] })
    },
    about: 'Node/node-b',
    says: /has no spec\.providerID; by its addresses it is projects\/prod-1\/zones\/europe-west1-b\/instances\/node-b/,
  },
  NodeNotFound: {
    provoke: ({ cluster }) =>
      void cluster.addNode('node-x', { providerID: 'gce://prod-1/europe-west1-b/gone' }),
    about: 'Node/node-x',
    says: /Compute Engine knows no projects\/prod-1\/zones\/europe-west1-b\/instances\/gone/,
  },
  NodeNotRunning: {
    provoke: ({ b, estate }) => estate.changeInstance(b.path, { status: 'SUSPENDED' }),
    about: 'Node/node-b',
    says: /instance of Node node-b, \S+, is SUSPENDED/,
    fix: /gcloud compute instances resume node-b --project prod-1 --zone europe-west1-b/,
  },
  NodeInAnotherNetwork: {
    // A shared VPC, and its name is told as if the network were of the Nodes' project.
    provoke({ addNode, estate, host, region }) {
      const network = estate.addNetwork(host, 'prod')
      const shared = estate.addSubnetwork({ network, name: 's', region, range: '10.7.0.0/24' })
      addNode('far', ['10.244.7.0/24'], { subnetworks: [shared] })
    },
    about: 'Node/far',
    says: /has its interfaces in projects\/host-1\/global\/networks\/prod, and the cluster's routes are of projects\/prod-1\/global\/networks\/prod/,
    fix: /--gcp-network projects\/host-1\/global\/networks\/prod/,
  },
  NodeWithoutFamily: {
    provoke({ addNode, estate, network, region }) {
      const subnet = estate.addSubnetwork({ network, name: 'v4', region, range: '10.0.2.0/24' })
      addNode('old', ['10.244.7.0/24', 'fd00:10:244:7::/64'], { subnetworks: [subnet] })
    },
    about: 'Node/old',
    says: /has no IPv6 address in the network, and its podCIDR fd00:10:244:7::\/64 is IPv6/,
  },
  NodeNotByFirstInterface: {
    provoke({ addNode, estate, project, region, subnet }) {
      const network = estate.addNetwork(project, 'outside')
      const other = estate.addSubnetwork({ network, name: 'o', region, range: '10.6.0.0/24' })
      addNode('two', ['10.244.7.0/24'], { subnetworks: [other, subnet] })
    },
    about: 'Node/two',
    says: /are reached by nic1 \(projects\/prod-1\/global\/networks\/prod\), and it has 2 interfaces/,
  },
  NodeOfGke: {
    provoke: ({ b, estate }) => estate.changeInstance(b.path, { labels: { 'goog-gke-node': '' } }),
    about: 'Node/node-b',
    says: /label goog-gke-node/,
  },
  IpForwardingOff: {
    provoke: ({ a, estate }) => estate.changeInstance(a.path, { canIpForward: false }),
    about: 'instance/projects/prod-1/zones/europe-west1-b/instances/node-a',
    says: /instance of Node node-a may not forward packets/,
    fix: /gcloud compute instances export node-a --project prod-1 --zone europe-west1-b .*canIpForward: true/,
  },
  MtusDiffer: {
    provoke: ({ addPeer }) => void addPeer('other', '10.9.0.0/16', { mtu: 8896 }),
    about: 'network/projects/prod-1/global/networks/prod',
    says: /prod has MTU 1460, and \S+other has 8896/,
  },
  NetworkFull: {
    provoke: () => [...poolFlags, '--gcp-routes-per-network', '4'],
    about: 'network/projects/prod-1/global/networks/prod',
    says: /has 1 of 4 static routes, and the Nodes need 4 more/,
  },
  NetworkNearlyFull: {
    provoke: () => [...noPools, '--gcp-routes-per-network', '6'],
    about: 'network/projects/prod-1/global/networks/prod',
    says: /has 5 of 6 static routes once every Node has its own/,
  },
  PoolsExceedNetwork: {
    provoke: () => [...poolFlags, '--gcp-routes-per-network', '512'],
    about: 'network/projects/prod-1/global/networks/prod',
    says: /pools are for 256 Nodes, and \S+ takes 512 static routes, 1 of which are not Nodes'/,
  },
  RangeOverlapsSubnet: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,10.64.2.0/23'],
    about: 'pool/10.64.2.0/23',
    says: /Pool 10\.64\.2\.0\/23 overlaps 10\.64\.0\.0\/22, the secondary range pods of projects\/prod-1\/regions\/europe-west1\/subnetworks\/nodes/,
  },
  RangeOverlapsPeer: {
    provoke: ({ addPeer }) => void addPeer('other', '10.244.128.0/20'),
    about: 'pool/10.244.0.0/16',
    says: /overlaps 10\.244\.128\.0\/20, which \S+prod has by the peering to-other/,
  },
  RangeReserved: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,169.254.0.0/17'],
    about: 'pool/169.254.0.0/17',
    says: /overlaps 169\.254\.0\.0\/16/,
  },
  AliasRangeElsewhere: {
    provoke({ addInstance, addNode }) {
      addNode('node-c', ['10.64.1.0/24'])
      addInstance('database', alias('10.64.1.16/28'))
    },
    about: 'Node/node-c',
    says: /podCIDR 10\.64\.1\.0\/24 of Node node-c overlaps 10\.64\.1\.16\/28, an alias range of nic0 of \S+database/,
  },
  AliasRangeOfAnotherSubnet: {
    provoke({ addNode, estate, network, region }) {
      const wish = { network, name: 'second', region, range: '10.0.2.0/24' }
      const second = estate.addSubnetwork({ ...wish, secondary: { pods: '10.65.0.0/22' } })
      addNode('node-c', ['10.64.1.0/24'], { subnetworks: [second] })
    },
    about: 'Node/node-c',
    says: /podCIDR 10\.64\.1\.0\/24 of Node node-c lies in pods of \S+nodes, and the Node is in \S+second/,
  },
  SecondaryRangeFull: {
    provoke({ addInstance, addNode }) {
      addNode('node-c', ['10.64.0.0/24'], alias('10.64.0.0/24'))
      for (const [name, range] of [
        ['x', '10.64.1.0/24'],
        ['y', '10.64.2.0/24'],
        ['z', '10.64.3.7/32'],
      ] as const)
        addInstance(name, alias(range))
      addNode('node-d', [])
    },
    about: 'subnet/projects/prod-1/regions/europe-west1/subnetworks/nodes',
    says: /4 of 4 blocks of size \/24 of pods of \S+nodes are given out, and Node node-d has none/,
  },
  SecondaryRangeNearlyFull: {
    provoke({ addNode }) {
      for (const index of [0, 1, 2, 3])
        addNode(`node-${index}`, [`10.64.${index}.0/24`], { ...alias(`10.64.${index}.0/24`), ...restrained })
    },
    about: 'subnet/projects/prod-1/regions/europe-west1/subnetworks/nodes',
    says: /4 of 4 blocks of size \/24 of pods of \S+nodes are given out\./,
  },
  // https://github.com/gardener/gardener-extension-provider-gcp/pull/1197, https://github.com/cilium/cilium/issues/36817
  GuestAgentTakesRanges: {
    provoke: ({ addNode }) => void addNode('node-c', ['10.64.1.0/24'], alias('10.64.1.0/24')),
    about: 'Node/node-c',
    says: /Node node-c has alias ranges that are pods', and no metadata that keep the guest agent from them/,
    fix: /ip_aliases = false.*instance_configs\.cfg.*disable-address-manager=true/,
  },
  ForeignRoute: {
    provoke: ({ addRoute, b }) => addRoute('10.244.0.0/24', b),
    about: 'route/route-0',
    says: /to 10\.244\.0\.0\/24 leads to instance\/\S+node-b with priority 1000, and takes the packets to the podCIDR of Node node-a/,
    fix: /gcloud compute routes delete route-0 --project prod-1/,
  },
  RouteShared: {
    provoke({ a, addRoute, b }) {
      addRoute('10.244.0.0/24', a)
      addRoute('10.244.0.0/24', b)
    },
    about: 'route/route-1',
    says: /leads to instance\/\S+node-b with priority 1000, and takes a share of the packets to the podCIDR of Node node-a/,
  },
  RouteInReserve: {
    provoke({ a, addRoute, b }) {
      addRoute('10.244.0.0/24', a)
      addRoute('10.244.0.0/24', b, { priority: 1001 })
    },
    about: 'route/route-1',
    says: /with priority 1001, and stands behind the one to the podCIDR of Node node-a/,
  },
  RouteForTagsOnly: {
    provoke({ a, addNode, addRoute }) {
      addRoute('10.244.0.0/24', a, { tags: ['node'] })
      addNode('node-c', [], { tags: ['worker'] })
    },
    about: 'route/route-0',
    says: /only for instances with the tags node, which Node node-c lacks/,
  },
  NextHopGone: {
    provoke({ addInstance, addRoute, estate }) {
      const gone = addInstance('gone')
      addRoute('10.244.0.0/24', gone)
      estate.removeInstance(gone.path)
    },
    about: 'route/route-0',
    says: /leads to instance\/\S+gone, which is gone or takes no packets, with priority 1000, and takes packets to the podCIDR of Node node-a/,
  },
  // It may run where nobody sees it: https://github.com/kubernetes/cloud-provider-gcp/issues/291
  RouteOfCloudController: {
    provoke: ({ a, addRoute }) => addRoute('10.244.0.0/24', a, { description: 'k8s-node-route' }),
    about: 'route/route-0',
    says: /route-0, of Google’s cloud-controller-manager, to 10\.244\.0\.0\/24 leads to .* is the right one for Node node-a/,
    fix: /--configure-cloud-routes=false.*podway adopt/,
  },
  ForeignRouteInside: {
    provoke: ({ addRoute, b }) => addRoute('10.244.0.128/25', b),
    about: 'route/route-0',
    says: /takes a part of the podCIDR of Node node-a away/,
  },
  RouteInPool: {
    provoke: ({ addRoute, b }) => addRoute('10.244.9.0/24', b),
    about: 'route/route-0',
    says: /lies in the pool 10\.244\.0\.0\/16, and no Node has it/,
  },
  NodeWithoutRouteTag: {
    provoke({ addNode }) {
      addNode('node-c', [], { tags: ['worker'] })
      return [...poolFlags, '--gcp-route-tags', 'node,pods']
    },
    about: 'Node/node-c',
    says: /has the tags worker, and routes are for node, pods/,
  },
  PodTrafficBlocked: {
    provoke({ estate, network }) {
      estate.removeFirewalls(network)
      estate.addFirewall({ network, name: 'by-tag', ranges: [], sourceTags: ['node'], targetTags: ['node'] })
    },
    about: 'network/projects/prod-1/global/networks/prod',
    says: /lets nothing of 2 Nodes \(node-a, node-b\) in from 10\.244\.0\.0\/16: no rule with such a source range/,
    fix: /firewall-rules create \S+ --project prod-1 --network prod --direction INGRESS --allow all --source-ranges 10\.244\.0\.0\/16/,
  },
  PodTrafficPartlyBlocked: {
    provoke({ estate, network }) {
      estate.removeFirewalls(network)
      for (const range of ['0.0.0.0/0', '::/0'])
        estate.addFirewall({ network, name: `web${range.length}`, protocols: ['tcp:80-81'], ranges: [range] })
    },
    about: 'network/projects/prod-1/global/networks/prod',
    says: /only a part of the traffic of .* in from fd00:10:244::\/56 \(rule web4\)/,
  },
  PodTrafficUnknown: {
    provoke: ({ estate, network }) =>
      estate.addFirewallPolicy(network, {
        name: 'org',
        type: 'HIERARCHY',
        rules: [
          { priority: 7, direction: 'INGRESS', action: 'deny', protocols: ['all'], addressGroups: ['bad'] },
        ],
      }),
    about: 'network/projects/prod-1/global/networks/prod',
    says: /depends on rule 7 of policy org/,
  },
  NoWayOut: {
    provoke: ({ estate, network }) => estate.removeRouters(network),
    about: 'subnet/projects/prod-1/regions/europe-west1/subnetworks/nodes',
    says: /Nothing leads 2 Nodes \(node-a, node-b\) to the Internet: there is no external address, and no Cloud NAT/,
    fix: /routers nats create podway-nat .*--nat-custom-subnet-ip-ranges nodes --project prod-1 --region europe-west1/,
  },
  NatSkipsAliasRanges: {
    provoke({ addNat, addNode, estate, network }) {
      estate.removeRouters(network)
      addNat('ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES')
      addNode('node-c', ['10.64.1.0/24'], { ...alias('10.64.1.0/24'), ...restrained })
    },
    about: 'subnet/projects/prod-1/regions/europe-west1/subnetworks/nodes',
    says: /translates the primary range of \S+nodes, and not pods/,
  },
}

test('all is well: one finding for each thing that was examined, and exit code 0', () =>
  expectAllWell(world, { ...gcpFindings, ...clusterFindings }))

test.each(Object.entries(cases))('%s', (name, one) => expectFinding(world, gcpFindings, name, one))
