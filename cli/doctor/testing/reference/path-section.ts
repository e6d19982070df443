import { cloudWayFindings } from '../../../../providers/path-findings.ts'
import { markdownTable } from '../../../testing/markdown-table.ts'
import { pathFindings } from '../../path/path-findings.ts'
import { type CloudSection, findingsTable } from './cloud-section.ts'

export const pathSection: CloudSection = {
  provider: 'path',
  findings: { ...pathFindings, ...cloudWayFindings },
  text: `## podway doctor path

Explains the way of packets from a pod to another one, or to an address, hop by hop, there and back, and names the first step that does not let them pass. The agents of both Nodes are asked what their kernels would do with such a packet, and the cloud what it would do between them. No packet is sent, and nothing is changed.

\`\`\`console
$ podway doctor path --from shop/web-0 --to shop/db-0 --provider aws
IPv4: pod shop/web-0 (10.244.1.2) to pod shop/db-0 (10.244.3.2)
there  node-a  ok       PodInterfaceUp
                        veth5e1f0a3b of pod shop/web-0 is up, and takes packets of 8951 bytes.
…
       cloud   ok       CloudRouteFound
                        subnet-0a1b2c3d, the subnet of Node node-a, follows rtb-0e4f5a6b, whose route to 10.244.3.0/24 leads to eni/eni-0d4e5f6a, of Node node-b.
               error    ReceiverMayNotForward
                        The source/destination check of eni-0d4e5f6a of Node node-b is on: it drops what is for 10.244.3.2.
                        Fix: aws ec2 modify-network-interface-attribute --network-interface-id eni-0d4e5f6a --no-source-dest-check
       node-b  ok       UplinkUp
…
podway: IPv4: broken at cloud, on the way there: ReceiverMayNotForward
\`\`\`

${markdownTable([
  ['flag', 'default', 'meaning'],
  ['`--from <namespace/name>`', 'required', 'the pod that sends; without a namespace, of `default`'],
  [
    '`--to <namespace/name>` or `--to <address>`',
    'required',
    'the pod, or the address, that it sends to: of a pod, of a Node, or of anything else',
  ],
  [
    '`--provider <name>`',
    '',
    'the cloud between the Nodes: `aws`, `gcp` or `azure`. Without it the cloud is not asked, and what it does is told to be unknown',
  ],
  ['`--agent-namespace <name>`', '`podway-system`', 'where the agents run'],
  ['`--agent-port <port>`', '`10278`', 'where they answer: the port of their `--metrics-bind-address`'],
  ['`--aws-role-arn <arn>`', '', 'the role to assume with the credentials that were found'],
  ['`--aws-role-external-id <id>`', '', 'the external ID that the role asks for'],
  [
    '`--gcp-project`, `--gcp-network`, `--gcp-impersonate-service-account`',
    '',
    'as at [podway controller](controller.md); static routes and alias ranges are both looked at, whatever the mode',
  ],
  [
    '`--cloud-config`, `--azure-subscription`, `--azure-resource-groups`, `--azure-route-table-resource-group`, `--azure-cloud`, `--azure-credentials`',
    '',
    'as at [`podway doctor azure`](#podway-doctor-azure). The table is found by the subnet of the Node, and a Node without spec.providerID in the resource groups',
  ],
  ['`--kubeconfig <path>`', 'see [podway controller](controller.md)', 'how to reach the API server'],
  ['`-o, --output <format>`', '`table`', '`table`: text for people; `json`, `yaml`'],
  ['`--config <file>`', '', 'a file with [configuration](configuration.md)'],
])}

Pods of both families have two ways, which are told one after the other. \`json\` and \`yaml\` are a document of kind \`PathList\`, [schemas/path-list.json](schemas/path-list.json): \`way\` is \`there\` or \`back\`, \`at\` is the Node’s name, \`cloud\`, or the address of whoever can’t be asked; \`broken\` is the first hop that is an error, or null. A ClusterIP of a Service is refused: it is nowhere, kube-proxy puts a pod’s address in its place.

The exit code is 1 if the way is broken somewhere, or can’t be examined; warnings, and what nobody could be asked, are told and don’t count.

### Findings about a way

${findingsTable(pathFindings)}

### Findings about a way through the cloud

${findingsTable(cloudWayFindings)}

### What it does not know of a way

- **Firewalls of the Nodes** are gone through rule by rule as far as rules ask for addresses, interfaces, sets of these, how they are routed, and whether the connection is new. A rule that asks for more (ports, marks, limits, what iptables calls matches), and that could decide otherwise, is told as \`FirewallUnclear\`, with its handle. iptables-legacy, and programs at interfaces (eBPF, tc), are not looked into.
- **Inside the pods** nothing is looked at but the interface: their routes, their firewalls, and whether anything listens.
- **Security groups, network ACLs and firewalls of the cloud** are not part of it: [\`podway doctor aws\`](#podway-doctor-aws) and the others examine them.
- **Where packets come in** on a Node is taken to be the interface that has its InternalIP.
- **Policy-based routes and hybrid routing of Google Cloud** (Network Connectivity Center, routes of peers and Cloud Routers) are not weighed against each other: a route is followed to the tunnel, peering or load balancer that it names, and no further.
- **MTUs** are those of interfaces and routes on the Nodes. What the cloud carries between them is not known.

### Permissions for a way

In the cluster: \`list\` on \`nodes\`; \`get\` on the \`pods\` that are named; \`list\` on \`pods\` and \`get\` on \`pods/proxy\` in the agents’ namespace; and \`list\` on \`services\` for an address that is on no Node. Whoever may do that needs no access to any Node: the agent answers \`GET /path?from=ADDRESS&to=ADDRESS\` on the port of its metrics, for packets that come from its own Node or pods, or go to them, and no others. That port is open to whoever reaches it over the network: give \`--metrics-bind-address\` an address that only the API server reaches, or 0, where interfaces and rules of the Nodes are not to be known. [The chart](chart.md) and the manifests serve it on loopback: \`agent.metrics.address\` opens it.

On AWS: \`ec2:DescribeInstances\`, \`ec2:DescribeNetworkInterfaces\` and \`ec2:DescribeRouteTables\`.

On Google Cloud: \`compute.instances.get\`, \`compute.routes.list\` and \`compute.subnetworks.list\`; for an alias range that the destination’s Node does not have, and for Nodes without provider ID, \`compute.instances.list\`; for these, and for instances with several interfaces, \`compute.networks.get\`. The controller’s role has them.

On Azure: the read actions on \`Microsoft.Compute/virtualMachines\` (with \`instanceView\`), \`Microsoft.Network/networkInterfaces\`, \`routeTables\` and \`virtualNetworks\`, and those of scale sets where there are uniform ones: the controller’s role and \`deploy/iam/azure-doctor-role.json\` together have them. Besides, \`Microsoft.Network/networkInterfaces/effectiveRouteTable/action\`: without it the table is taken at its word, and the message says so. Azure tells of effective routes only for machines that run and are no members of uniform scale sets.
`,
}
