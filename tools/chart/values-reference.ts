import { load } from 'js-yaml'
import { type JsonSchema, propertiesOf, valuesJsonSchema } from './values-schema.ts'

const opening = `# Values of the chart

What \`deploy/chart/podway\` can be told; [how to install it](../how-to/install.md). Any other key is refused, and so is a setting that [podway controller](controller.md) or [podway agent](agent.md) would refuse. This page is made of the chart: \`npm run manifests\` writes it anew.

| value | default | meaning |
| --- | --- | --- |
`

const closing = `
\`controller.config\` and \`agent.config\` take settings by the names that a file of settings has for them: \`--cluster-cidr\` is \`clusterCidr\`, a list. These are the chart's own business, and refused there: where the programs listen (\`metrics\`), their namespace, their kubeconfig, the agent's socket and Node. \`awsRoleExternalId\` is a secret, and ConfigMaps are no place for one: set \`PODWAY_AWS_ROLE_EXTERNAL_ID\` by \`controller.env\`, out of a Secret.

## What is on by default, and why

- **The host's network, \`dnsPolicy: Default\`.** podway makes the pod network, so it needs none: no CNI, no CoreDNS, and with \`apiServer.host\` no kube-proxy.
- **Tolerations.** All nodes of a new cluster are not ready, have an unavailable network and, with a cloud controller manager, are uninitialized. The controller runs there, and on control planes.
- **Two replicas on two nodes**, of which one leads; when nodes are drained, one at a time.
- **Metrics on loopback.** In the host's network every address of the node is open to all who reach the node, and neither /metrics nor the agent's /path asks who is there. Probes come from the node itself. With \`address: ''\` Prometheus and \`podway doctor path\` get there too: let a firewall say who else.
- **No privilege but one container's.** Everything runs as 65532 with a read-only root, without capabilities, under the runtime's seccomp profile; the agent's container \`serve\` is root, with four capabilities and the node's CNI folders, and has no token.
- **Definitions are part of the release**, so that an upgrade brings the new ones, and stay when it is uninstalled.
`

/** docs/reference/chart.md: each value with its default out of values.yaml, and its meaning out of the schema. */
export function valuesReference(valuesYaml: string): string {
  const values = load(valuesYaml) as Readonly<Record<string, unknown>>
  return `${opening}${rows(valuesJsonSchema(), values, '').join('')}${closing}`
}

function rows(schema: JsonSchema, values: unknown, path: string): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, property]) => {
    if (typeof property === 'boolean' || name === 'global') return []
    const at = path === '' ? name : `${path}.${name}`
    const value = (values as Readonly<Record<string, unknown>> | undefined)?.[name]
    // Settings have pages of their own.
    if (property.properties !== undefined && name !== 'config') return rows(property, value, at)
    return [`| \`${at}\` | ${shown(value)} | ${property.description ?? ''} |\n`]
  })
}

const shown = (value: unknown): string =>
  value === '' ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
