import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findingsTable } from '../doctor/testing/reference/cloud-section.ts'
import { markdownTable } from '../testing/markdown-table.ts'
import { runMain } from '../testing/run-main.ts'
import { migrateFindings } from './findings/migrate-findings.ts'
import { type StepName, stepNames } from './step.ts'

const page = fileURLToPath(new URL('../../docs/reference/migrate.md', import.meta.url))

const steps: Readonly<Record<StepName, readonly [done: string, of: string]>> = {
  definitions: ['podway’s CustomResourceDefinitions are established', 'all'],
  survey: [
    'every route of the cloud’s tables to a podCIDR is one that podway would write; open without `--provider`',
    'cloud-controller-manager, kubenet',
  ],
  'route-controller': ['no container runs a route controller of Kubernetes’, a cloud’s or Gardener’s', 'all'],
  allocator: [
    'no container gives Nodes podCIDRs; open where kube-controller-manager is no pod; left out with `--allocate-node-cidrs=false`',
    'all',
  ],
  controller: [
    'the Lease `podway-system/podway-controller` was renewed within a minute, by this machine’s clock',
    'all',
  ],
  adopt: ['no route to a podCIDR is somebody else’s; open where one is, and counts', 'all'],
  routes: [
    'each podCIDR’s NodeRoute is written in all its tables, and `NetworkUnavailable` is False (a predecessor’s own word for itself counts for nothing)',
    'all',
  ],
  policies: [
    'there are no NetworkPolicies, or something that stays enforces them, or nothing does today',
    'all but cloud-controller-manager',
  ],
  'kube-proxy': [
    'kube-proxy tells pods by something that stays true; open where its configuration is not seen',
    'all',
  ],
  hold: [
    'Nodes with the predecessor have the label `podway.dev/predecessor`, and its DaemonSet selects by it',
    'flannel, kindnet with its own database',
  ],
  agent: [
    'the agent is ready on every Node, and none is cut off; with `hold`, its DaemonSet leaves out Nodes with the label',
    'all but cloud-controller-manager',
  ],
  nodes: [
    'no Node has the predecessor, the agent is ready on each, and none is cut off',
    'flannel, kindnet with its own database',
  ],
  masquerade: [
    'no ip-masq-agent, or the agent runs with `--masquerade none`',
    'all but cloud-controller-manager',
  ],
  remove: ['the predecessor’s DaemonSet is gone', 'flannel, kindnet'],
}

const text = `# podway migrate

Leads a running cluster over to podway, from [cloud-controller-manager](../how-to/migrate-from-cloud-controller-manager.md), [kubenet](../how-to/migrate-from-kubenet.md), [kindnet](../how-to/migrate-from-kindnet.md) or [flannel](../how-to/migrate-from-flannel.md). It examines the cluster, tells what has to be known before, and which step comes next with what to type for it; it is run again after each step. It changes nothing, unless \`--do\` says so.

Nothing is remembered between runs. Whether a step is done is seen in the cluster each time, so it may be stopped anywhere, gone on with by somebody else, and a step that was undone is found again.

\`\`\`console
$ podway migrate --from cloud-controller-manager --provider aws --cluster-name prod
\`\`\`

${markdownTable([
  ['flag', 'default', 'meaning'],
  ['`--from <predecessor>`', 'required', '`cloud-controller-manager`, `kubenet`, `kindnet` or `flannel`'],
  [
    '`--provider <name>`, `--cluster-name <name>`',
    '',
    'both or neither: the cloud’s tables are read too, as [podway adopt](adopt.md) does; its other flags for the cloud too',
  ],
  [
    '`--allocate-node-cidrs [boolean]`',
    '`true`',
    'whether podway is to give Nodes their podCIDRs; `false` (also `--no-allocate-node-cidrs`) leaves it to whoever does it now',
  ],
  [
    '`--assume <steps>`',
    '',
    'steps that are done though the cluster does not show it, comma-separated; what it shows to be left stays left',
  ],
  [
    '`--do <step>`',
    '',
    '`definitions` or `adopt`: does it, if it is its turn, once `yes` is the answer to its question',
  ],
  ['`--yes`', '', 'without the question'],
  [
    '`--config <path>`',
    '',
    'a file that has settings, among them those of the cloud, as for [podway controller](controller.md)',
  ],
  ['`--kubeconfig <path>`', 'see [podway controller](controller.md)', 'how to reach the API server'],
  ['`-o, --output <format>`', '`table`', '`table`, `json` or `yaml`'],
])}

${markdownTable([
  ['exit code', 'meaning'],
  ['0', 'the migration is complete'],
  ['2', 'steps are left'],
  [
    '1',
    'something stands in the way of the next step, or the command failed or nobody said yes: then standard output is empty',
  ],
  ['64', 'wrong usage'],
])}

## Steps

${markdownTable([
  ['step', 'done when', 'from'],
  ...Object.entries(steps).map(([name, [isDone, of]]) => [`\`${name}\``, isDone, of]),
])}

The state of a step is \`done\`; \`assumed\` (by \`--assume\`); \`next\`; \`unclear\`, if it is its turn and the cluster does not show whether it is done; \`blocked\`, if something has to be put right first; or \`later\`. An error among the findings blocks every step.

A static pod’s flags are changed in its file on each node of the control plane, which the API does not reach: the command tells which file and flag. For workloads it tells a patch of the one argument. Where kops or Cluster API made the cluster, it says so: they overwrite patches.

## Findings

\`error\`: nothing is done before it is put right. \`warning\`: has to be known, or is dealt with by a step. \`unknown\`: could not be examined. Codes are stable, texts are not.

${findingsTable(migrateFindings)}

## Document

\`json\` and \`yaml\` are a document of kind \`Migration\`: [schemas/migration.json](schemas/migration.json). \`outcome\` is \`complete\`, \`steps-left\` or \`blocked\`; the outer \`step\` is the one whose turn it is, or null; \`how\` is empty for what is done; its lines that are no commands begin with \`#\`.

## Permissions

[deploy/manifests/migrate.yaml](../../deploy/manifests/migrate.yaml): the ClusterRole \`podway-migrate\` to examine, \`podway-migrate-do\` for \`--do\` besides. Only the Nodes are indispensable; what else may not be read is told as \`Unread\`, and the steps that rest on it are \`unclear\`. With \`--provider\` it takes what [podway adopt](adopt.md) takes of the cloud.

## What it does not see

- **Nodes themselves**: files, interfaces, rules and sysctls on them. The agent tells by its readiness and \`PodNetworkReachable\`; [podway doctor path](doctor.md#podway-doctor-path) tells more.
- **Control planes that do not run as pods**, and controllers outside of the cluster.
- **Security groups and firewalls of the cloud**: [podway doctor](doctor.md) examines them, and should be run before the step \`controller\`.
- **Enforcers of NetworkPolicies that it does not know**: it knows Calico, Cilium, Antrea, kube-router, kindnet and kube-network-policies. kindnet is taken to enforce them unless it has \`--network-policy=false\`; old versions of it do not.
- **Whether the tunnels of a predecessor leave room**: pods keep the MTU that they started with until they are started anew.

This page is made of the program: \`npm run test:unit -- cli/migrate/migrate-reference.test.ts -u\` writes it anew.
`

test('docs/reference/migrate.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('every step is told of', () => expect(Object.keys(steps)).toEqual([...stepNames]))

test('every flag of its own is told of', async () => {
  const { stdout } = await runMain(['migrate', '--help'])
  const cloud = /^--(aws|azure|gcp|cloud-config|route-table|extra-route)/
  const own = new Set([...stdout.matchAll(/^ {2}(?:-o, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag))
  for (const flag of own) if (!cloud.test(flag)) expect(text).toContain(flag)
  expect(own.size).toBeGreaterThan(15)
})
