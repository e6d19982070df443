import { azureFindings } from '../../../../providers/azure/doctor/finding-codes.ts'
import { type CloudSection, findingsTable } from './cloud-section.ts'

export const azureSection: CloudSection = {
  provider: 'azure',
  findings: azureFindings,
  text: `## podway doctor azure

Reads the Nodes, their machines, the virtual networks around them and what else runs in the cluster, and the roles of the credentials, and prints what it found. It sends GETs, and asks Azure Policy what it would make of a route, which changes nothing either.

\`\`\`console
$ podway doctor azure --cluster-name prod --cloud-config /etc/kubernetes/azure.json --cluster-cidr 10.244.0.0/16
error    SubnetWithoutTable  subnet/net/workers-2
         The subnet net/workers-2 of 2 Nodes (node-3, node-4) has no route table.
         Fix: az network vnet subnet update --ids /subscriptions/…/subnets/workers-2 --route-table /subscriptions/…/routetables/nodes
ok       PermissionsPresent  cluster/prod
         The controller’s calls to Azure are allowed to these credentials.
…
podway: 1 error, 0 warnings, 0 unknown, 8 ok
\`\`\`

Its own flags are \`--route-tables\`, \`--route-table-ids\`, \`--extra-route-table-ids\`, \`--cloud-config\`, \`--azure-subscription\`, \`--azure-resource-groups\`, \`--azure-route-table-resource-group\`, \`--azure-cloud\`, \`--azure-credentials\` and \`--azure-routes-per-table\`.

### Findings on Azure

${findingsTable(azureFindings)}

### What it does not know on Azure

- **Permissions** are what Azure says that these credentials have, by role, at each route table, and where forwarding has to be turned on. Deny assignments are not among them, and what an interface has to join (\`…/join/action\`) is not examined.
- **Policies** are asked about each table with a route more (192.0.2.0/24, a range for documents). Those that change what is written (\`modify\`, \`append\`), and those about interfaces, are not examined.
- **Locks** are those of the tables and of their resource groups; one of the whole subscription is not seen.
- **Network security groups**, of interfaces and of subnets, are judged by packets between two addresses of one pool, in both directions, by the first rule that fits all of them; rules that fit a part are told. \`VirtualNetwork\` is taken to hold pods’ ranges, as it holds [every prefix that a route table of the subnet leads elsewhere](https://learn.microsoft.com/en-us/azure/virtual-network/service-tags-overview). Rules of Azure Virtual Network Manager, which go before all of them, are not examined.
- **Routes that a gateway has learnt** are not read: it is only told that a table takes them. Firewalls and other appliances, and what stands behind peerings, are not examined.
- **The limit of a table** is what \`--azure-routes-per-table\` says. That the subscription has a lower one is told as far as Azure lists it (\`az network list-usages\`), which takes a right at the subscription.

### Permissions on Azure

Those of the controller, and the read actions of [\`deploy/iam/azure-doctor-role.json\`](../../deploy/iam/azure-doctor-role.json).
`,
}
