import { awsFindings } from '../../../../providers/aws/doctor/finding-codes.ts'
import { type CloudSection, findingsTable } from './cloud-section.ts'

export const awsSection: CloudSection = {
  provider: 'aws',
  findings: awsFindings,
  text: `## podway doctor aws

Reads the Nodes, the VPC around them and what else runs in the cluster, tries the controller’s calls as dry runs, and prints what it found.

\`\`\`console
$ podway doctor aws --cluster-name prod --cluster-cidr 10.244.0.0/16
error    SubnetNotServed  subnet/subnet-0a1b2c3d
         The subnet of 2 Nodes (node-3, node-4) has no table of its own and follows rtb-0e4f5a6b, the main table, which is not one of the cluster's tables.
         Fix: aws ec2 create-tags --resources rtb-0e4f5a6b --tags Key=kubernetes.io/cluster/prod,Value=shared (or name it with --extra-route-table-ids).
ok       PermissionsPresent  cluster/prod
         The controller’s calls to EC2 are allowed to these credentials.
…
podway: 1 error, 0 warnings, 0 unknown, 7 ok
\`\`\`

Its own flags are \`--route-tables\`, \`--route-table-ids\`, \`--extra-route-table-ids\`, \`--aws-target-interface\`, \`--aws-match-node-names\`, \`--aws-routes-per-table\`, \`--aws-role-arn\` and \`--aws-role-external-id\`.

### Findings on AWS

${findingsTable(awsFindings)}

### What it does not know on AWS

- **Dry runs** say whether the caller has a permission. Some APIs that stand in for AWS’s carry them out instead, so a reading is tried first, and if it is carried out, no write is tried. The writes are such that come to nothing if they are done all the same: routes of a range for documents (192.0.2.0/24) that the table does not have, to an interface that does not exist; the source/destination check turned off where it is off. At an API that is not AWS’s own the latter is not tried while the check is on at every Node.
- **Prefix lists**, in security groups and in route tables: their entries are not read. A route to one counts as many as the list may have.
- **Security groups** are judged by the ranges of pods and all protocols at once, **network ACLs** by the first rule that fits such a range. What a rule allows to a part of the protocols, ports or addresses is told, not judged. Out of a security group, everything is taken to go.
- **Prefixes that the VPC delegates** (\`--aws-mode ipv6-prefix\`) need no route and lie in the VPC’s range by right: ranges, tables and security groups are examined without them, and whether they may be assigned is not tried.
- **Network firewalls**, and what stands behind peerings and transit gateways, are not examined.

### Permissions on AWS

Those of the controller, and the Describe actions of [\`deploy/iam/aws-doctor-policy.json\`](../../deploy/iam/aws-doctor-policy.json).
`,
}
