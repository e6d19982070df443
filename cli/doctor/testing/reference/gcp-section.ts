import { gcpFindings } from '../../../../providers/gcp/doctor/finding-codes.ts'
import { type CloudSection, findingsTable } from './cloud-section.ts'

export const gcpSection: CloudSection = {
  provider: 'gcp',
  findings: gcpFindings,
  text: `## podway doctor gcp

Reads the Nodes, the VPC network around them and what else runs in the cluster, asks which permissions there are, and prints what it found.

\`\`\`console
$ podway doctor gcp --cluster-name prod --gcp-project prod-1 --gcp-network prod --cluster-cidr 10.244.0.0/16
error    PodTrafficBlocked  network/projects/prod-1/global/networks/prod
         The firewall lets nothing of 2 Nodes (node-a, node-b) in from 10.244.0.0/16: no rule with such a source range allows it.
         Fix: gcloud compute firewall-rules create podway-pods --project prod-1 --network prod --direction INGRESS --allow all --source-ranges 10.244.0.0/16
ok       PermissionsPresent  cluster/prod
         The controller’s calls to Compute Engine are allowed to these credentials.
…
podway: 1 error, 0 warnings, 0 unknown, 8 ok
\`\`\`

Its own flags are \`--gcp-project\`, \`--gcp-network\`, \`--gcp-impersonate-service-account\`, \`--gcp-route-priority\`, \`--gcp-route-tags\`, \`--gcp-routes-per-network\`, \`--gcp-routes-per-peering-group\`, \`--gcp-mode\` and \`--gcp-pod-ranges\`.

### Findings on Google Cloud

${findingsTable(gcpFindings)}

### What it does not know on Google Cloud

- **The guest agent** can only be seen on the node. From here it is seen that an instance has alias ranges that are pods’, and whether its metadata or the project’s (\`disable-address-manager\`, or \`ip_aliases = false\` in a startup script or user data) keep the agent from making them local routes. What an image brings along is not seen: then the warning is for nothing. On the node \`ip route show table local | grep 'proto 66'\` tells.
- **Permissions to write** are asked of the Resource Manager API, which changes nothing; none is tried. It has to be enabled in the project, and an instance’s service account needs the scope \`cloud-platform\` for it: else they are unknown.
- **Firewalls**: network rules, and policies of the organization, its folders and the network, are judged in Google’s order, by the ranges of pods and all protocols at once. TCP, UDP and ICMP count for all. Policies of a region are not read; what a policy’s rule asks for besides ranges, protocols and service accounts (secure tags, address groups, names, places) is told to be unknown.
- **Quotas** of networks can’t be read from Compute Engine: they are 200 static routes, and 300 of a network with its peers, unless \`--gcp-routes-per-network\` and \`--gcp-routes-per-peering-group\` say otherwise. Of peers, static routes count that they export and the network imports.
- **The MTU of pods** is the node binary’s matter, which takes the Node’s. What is compared is that of networks and their peers.
- **Masquerading** happens on the Nodes. Neither an external address nor Cloud NAT translates an address of a pod that a route leads to; whether the Nodes masquerade is not seen.
- What stands behind peerings, VPN tunnels and interconnects, and Private Service Connect, is not examined.

### Permissions on Google Cloud

Those of the controller, and those of [\`deploy/iam/gcp-doctor-role.yaml\`](../../deploy/iam/gcp-doctor-role.yaml), in the project of the networks.
`,
}
