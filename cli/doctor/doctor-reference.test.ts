import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runMain } from '../testing/run-main.ts'
import { markdownTable } from '../testing/markdown-table.ts'
import { clusterFindings } from './cluster-findings.ts'
import { awsSection } from './testing/reference/aws-section.ts'
import { gcpSection } from './testing/reference/gcp-section.ts'
import { azureSection } from './testing/reference/azure-section.ts'
import { pathSection } from './testing/reference/path-section.ts'
import { findingsTable } from './testing/reference/cloud-section.ts'

const page = fileURLToPath(new URL('../../docs/reference/doctor.md', import.meta.url))

const clouds = [awsSection, gcpSection, azureSection]
const sections = [...clouds, pathSection]

const text = `# podway doctor

Examines a cluster and what it runs on, and says what stands in the way of pods, each with its fix. It changes nothing. There is a command for each cloud: ${clouds.map(({ provider }) => `[\`podway doctor ${provider}\`](#podway-doctor-${provider})`).join(', ')}. [\`podway doctor path\`](#podway-doctor-path) explains the way of a packet between two pods. Give the commands for clouds the flags that the controller has, and run them with the controller’s credentials: whether something is allowed can only be told to who is to do it. The cluster needs no object or definition of podway’s.

${markdownTable([
  ['flag', 'default', 'meaning'],
  ['`--cluster-name <name>`', 'required', 'as at [podway controller](controller.md)'],
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
  ['those of the cloud', '', 'as at [podway controller](controller.md)'],
  ['`--kubeconfig <path>`', 'see [podway controller](controller.md)', 'how to reach the API server'],
  ['`-o, --output <format>`', '`table`', '`table`: paragraphs for people; `json`, `yaml`'],
  ['`--config <file>`', '', 'a file with [configuration](configuration.md), the controller’s own'],
])}

Colours are for terminals, and \`NO_COLOR\` turns them off. People see the first five findings of one code; \`json\` and \`yaml\` have all of them, the worst first, in a document of kind \`FindingList\`: [schemas/finding-list.json](schemas/finding-list.json). \`fix\` may be null. Codes and fields are stable, texts are not.

\`error\`: pods don’t reach each other, or won’t. \`warning\`: it works, or may, and somebody should look. \`unknown\`: it could not be examined. \`ok\`: examined, and as it should be.

In the cluster it takes \`list\` on \`nodes\`, on \`pods\` of kube-system, and on \`daemonsets\` and \`deployments\` of all namespaces; for \`--pools-config-map\` \`get\` on that ConfigMap. Only the Nodes are indispensable: what else may not be read, of the cluster or of the cloud, is told to be unknown, with the permission to give.

${markdownTable([
  ['exit code', 'meaning'],
  ['0', 'no errors found; there may be warnings, and what could not be examined'],
  ['1', 'errors found, or the examination failed: then standard output is empty'],
  ['64', 'wrong usage'],
])}

## Findings on any cloud

Of what else runs in the cluster. Control planes that don’t run as pods can’t be seen.

${findingsTable(clusterFindings)}

${sections.map((section) => section.text).join('\n')}
This page is made of the program: \`npm run test:unit -- cli/doctor/doctor-reference.test.ts -u\` writes it anew.
`

test('docs/reference/doctor.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('every command has its section, and every section its command', async () => {
  const { stdout } = await runMain(['doctor', '--help'])
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name)
  expect(sections.map(({ provider }) => provider)).toEqual(commands)
})

test.each(sections)('$provider: whole sentences, and no code of two meanings', ({ findings }) => {
  const all = [...Object.entries(findings), ...Object.entries(clusterFindings)]
  expect(new Set(all.map(([code]) => code)).size).toBe(all.length)
  for (const [code, { meaning, remedy }] of all) {
    expect(code).toMatch(/^([A-Z]+[a-z]*)+$/)
    for (const sentence of [meaning, remedy]) expect(sentence).toMatch(/^[A-Z`].*\.$/)
  }
})

test.each(sections)('$provider: every flag of its own is told of', async ({ provider, text: section }) => {
  const { stdout } = await runMain(['doctor', provider, '--help'])
  const own = [...stdout.matchAll(/(--[\w-]+)/g)].map(([flag]) => flag)
  for (const flag of new Set(own)) {
    if (flag === '--help') continue
    expect(`${text.split('## Findings on any cloud')[0] ?? ''}${section}`).toContain(flag)
  }
})
