import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { awsFindings } from '../../providers/aws/doctor/finding-codes.ts'
import type { FindingFacts } from '../../providers/finding.ts'
import { markdownTable } from '../testing/markdown-table.ts'
import { clusterFindings } from './cluster-findings.ts'

const page = fileURLToPath(new URL('../../docs/reference/doctor.md', import.meta.url))

const tableOf = (findings: Readonly<Record<string, FindingFacts>>): string =>
  markdownTable([
    ['code', 'severity', 'what is so', 'what to do'],
    ...Object.entries(findings).map(([code, { meaning, remedy, severity }]) => [
      `\`${code}\``,
      severity,
      meaning,
      severity === 'ok' ? '' : remedy,
    ]),
  ])

const text = `# podway doctor

Examines a cluster and what it runs on, and says what stands in the way of pods, each with its fix. It changes nothing.

## podway doctor aws

Reads the Nodes, the VPC around them and what else runs in the cluster, tries the controller’s calls as dry runs, and prints what it found. Give it the flags that the controller has, and run it with the controller’s credentials: whether something is allowed can only be tried by who is to do it. The cluster needs no object or definition of podway’s.

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

${markdownTable([
  ['flag', 'default', 'meaning'],
  [
    '`--cluster-name <name>`',
    'required',
    'route tables are those with the tag `kubernetes.io/cluster/<name>`',
  ],
  [
    '`--cluster-cidr <cidrs>`',
    '',
    'the pools, as the controller has them; without pools, podway is taken not to allocate, and only the podCIDRs of Nodes are examined',
  ],
  ['`--node-cidr-mask-size-ipv4 <bits>`', '`24`', 'prefix length of a node’s IPv4 podCIDR'],
  ['`--node-cidr-mask-size-ipv6 <bits>`', '`64`', 'prefix length of a node’s IPv6 podCIDR'],
  [
    '`--pools-config-map <namespace/name>`',
    '',
    'the ConfigMap that has the pools, instead of `--cluster-cidr`',
  ],
  ['`--pools-file <path>`', '', 'the file that has the pools, instead of both'],
  [
    '`--route-tables`, `--route-table-ids`, `--extra-route-table-ids`, `--aws-target-interface`, `--aws-match-node-names`, `--aws-routes-per-table`',
    '',
    'as at [podway controller](controller.md)',
  ],
  ['`--kubeconfig <path>`', 'see [podway controller](controller.md)', 'how to reach the API server'],
  ['`-o, --output <format>`', '`table`', '`table`: paragraphs for people; or `json`'],
])}

Colours are for terminals, and \`NO_COLOR\` turns them off. People see the first five findings of one code; \`json\` has all of them, the worst first: \`{"findings": [{"code", "severity", "object": {"kind", "name"}, "message", "fix"}], "counts": {"error", "warning", "unknown", "ok"}}\`. \`fix\` may be null. Codes and fields are stable, texts are not.

### Findings

\`error\`: pods don’t reach each other, or won’t. \`warning\`: it works, or may, and somebody should look. \`unknown\`: it could not be examined. \`ok\`: examined, and as it should be.

Of the cloud:

${tableOf(awsFindings)}

Of what else runs in the cluster:

${tableOf(clusterFindings)}

This page is made of the program: \`npm run test:unit -- cli/doctor/doctor-reference.test.ts -u\` writes it anew.

### What it does not know

- **Dry runs** say whether the caller has a permission. Some APIs that stand in for AWS’s carry them out instead, so a reading is tried first, and if it is carried out, no write is tried. The writes are such that come to nothing if they are done all the same: routes of a range for documents (192.0.2.0/24) that the table does not have, to an interface that does not exist; the source/destination check turned off where it is off. At an API that is not AWS’s own the latter is not tried while the check is on at every Node.
- **Prefix lists**, in security groups and in route tables: their entries are not read. A route to one counts as many as the list may have.
- **Security groups** are judged by the ranges of pods and all protocols at once, **network ACLs** by the first rule that fits such a range. What a rule allows to a part of the protocols, ports or addresses is told, not judged. Out of a security group, everything is taken to go.
- **Prefixes that the VPC delegates** (\`--aws-mode ipv6-prefix\`) need no route and lie in the VPC’s range by right: ranges, tables and security groups are examined without them, and whether they may be assigned is not tried.
- **Control planes** that don’t run as pods can’t be seen. Network firewalls, and what stands behind peerings and transit gateways, are not examined.

### Permissions

On AWS those of the controller, and the Describe actions of [\`deploy/iam/aws-doctor-policy.json\`](../../deploy/iam/aws-doctor-policy.json). In the cluster \`list\` on \`nodes\`, on \`pods\` of kube-system, and on \`daemonsets\` and \`deployments\` of all namespaces; for \`--pools-config-map\` \`get\` on that ConfigMap. Only the Nodes are indispensable: what else may not be read is told to be unknown, with the permission to give.

### Exit codes

${markdownTable([
  ['code', 'meaning'],
  ['0', 'no errors found; there may be warnings, and what could not be examined'],
  ['1', 'errors found, or the examination failed: then standard output is empty'],
  ['64', 'wrong usage'],
])}
`

test('docs/reference/doctor.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('whole sentences, and no code of two meanings', () => {
  const all = [...Object.entries<FindingFacts>(awsFindings), ...Object.entries<FindingFacts>(clusterFindings)]
  expect(new Set(all.map(([code]) => code)).size).toBe(all.length)
  for (const [code, { meaning, remedy }] of all) {
    expect(code).toMatch(/^([A-Z]+[a-z]*)+$/)
    for (const sentence of [meaning, remedy]) expect(sentence).toMatch(/^[A-Z`].*\.$/)
  }
})
