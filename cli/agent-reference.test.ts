import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type AgentEventFacts, agentEventReasons } from '../agent/report/event-reasons.ts'
import { settingsOfCommand } from './settings/command-settings.ts'
import { defaultText, flagText } from './settings/options.ts'
import { agentMetrics } from './testing/all-metrics.ts'
import { markdownTable } from './testing/markdown-table.ts'

const page = fileURLToPath(new URL('../docs/reference/agent.md', import.meta.url))
const metrics = agentMetrics()
const reasons = Object.entries<AgentEventFacts>(agentEventReasons)

const flags = settingsOfCommand('agent').map((setting) => {
  const text = defaultText(setting)
  return [
    `\`${flagText(setting)}\``,
    text === undefined || setting.default === undefined ? (text ?? '') : `\`${text}\``,
    setting.description,
  ]
})

const text = `# podway agent

Makes a machine a node of podway and keeps it one. It watches the machine’s Node and the [PodNetwork](pod-network.md), and asks \`podway-cni serve\`, its privileged half in the same pod, for what has to be done: it has a token and no rights on the machine, and the other has rights on the machine and no token. [How to run it](../how-to/run-the-node-agent.md). Runs until SIGTERM or SIGINT, and leaves everything in place then.

${markdownTable([['flag', 'default', 'meaning'], ...flags])}

Flags that are \`true\` or \`false\` have a form \`--no-…\` too. Each can also be said by a variable, or in a file that \`--config\` names: [configuration](configuration.md). Exit codes: 0 stopped by a signal, 1 failed, 64 wrong usage.

## What it does

Every five seconds, and at once when something changes, in this order. What is so already is left as it is.

1. **Executables.** \`podway-cni\` is put where the runtime looks for plugins, under the names that it stands in for, \`loopback\` among them. A package upgrade that takes them away is repaired within seconds.
2. **Rules.** What pods send is masqueraded, except to the pools and native ranges of the PodNetwork, the node’s own podCIDRs and \`--non-masquerade-cidrs\`. Until there is a PodNetwork, only the node’s own podCIDRs and the flag’s ranges are excepted. After a start it waits ten seconds for the PodNetwork, and leaves the rules of before as long.
3. **Address.** The node holds the first address of each of its podCIDRs, the pods’ gateway, which no pod ever gets: there it answers other nodes.
4. **Configuration.** \`05-podway.conflist\` is laid for Node.spec.podCIDRs, and follows them.

The configuration is what makes a node ready, so it comes only when the podCIDRs are known, and executables and rules are in place. It does not wait for routes: who must not be scheduled before them is kept away by the condition \`NetworkUnavailable\`. Once laid it stays, whatever fails.

Every minute it has collected what pods left behind that no longer exist. Whether a pod exists is read from the machine, never from the API server.

## When no configuration is laid

Each is told by an Event, in the log, at \`/readyz\`, and by the metric \`podway_agent_refused\`.

- **PodCIDRUnusable**: a podCIDR has host bits, is too small for a gateway and a pod, or is loopback, link-local or multicast.
- **PodCIDROverlaps**: a podCIDR overlaps with an address of the machine’s interfaces or of the Node.
- **RangesDiffer**: the configuration in use has addresses from host-local, of other ranges than the podCIDRs.
- **OtherNetwork**: runtimes use a configuration that is none of those that can be taken over.

Where the first configuration in the runtime’s folder is \`ptp\`, \`bridge\` or \`podway-cni\` with host-local and exactly the podCIDRs as ranges (kindnet, what imitates kubenet, templates of Google’s and kops’), it is taken over: its network’s name, reservations and chained plugins go on, and so do its pods. Its file stays, void behind podway’s. Configurations of \`loopback\` alone, and those that podman, CRI-O and nerdctl lay for themselves, count for nothing.

## podway agent uninstall

Takes away the configuration, the executables, rules, routes and the held address, and prints what it took. Pods keep their network until they end; a predecessor whose file is still there is in use again. It talks to \`podway-cni serve\` alone, at \`--socket\`. An agent that still runs would lay everything anew: remove its DaemonSet first. With \`--stay\` it runs on until SIGTERM when it is done.

## Health

\`--metrics-bind-address\` serves \`/healthz\` (200, or 500 if a restart of the agent would help), \`/readyz\` (503 until the node is set up, with what is missing) and \`/metrics\`. That \`podway-cni serve\` or the API server does not answer is no fault of the agent’s: \`/healthz\` stays 200.

\`GET /path?from=ADDRESS&to=ADDRESS\` is what [\`podway doctor path\`](doctor.md#podway-doctor-path) asks by way of the API server: what this node’s kernel does with a packet (routes, interfaces, chains of nf_tables), as JSON. It is answered only for packets of the node itself and its pods, and not for more than four at a time (429). Nothing is sent or changed.

## Over the pod network

Every ten seconds the agent asks eight other nodes, chosen by chance: a TCP connection from the address that its node holds to that of the other, by each family that both have. Asked are nodes that are ready, routed and have an agent. A refused connection is an answer. If more than half do not answer, three times in a row, the Node’s condition \`PodNetworkReachable\` becomes False; with two good rounds it is True again.

${markdownTable([
  ['status', 'reason', 'meaning'],
  ['`Unknown`', '`Starting`', 'nobody was asked yet'],
  ['`True`', '`PeersAnswer`', 'at least half of the nodes that were asked answer'],
  ['`True`', '`NoPeers`', 'there is no other node to ask'],
  [
    '`False`',
    '`PeersDoNotAnswer`',
    'more than half did not answer, three times in a row; the message names some',
  ],
])}

Nothing is tainted by it: it is for people and alerts. Nodes are listed for it from time to time, not watched: 500 every ten minutes. All nodes need the same \`--probe-port\`, and whatever filters packets between them has to let it through.

## A mesh of routes

With \`--reachability mesh\` the agent keeps a route to each other Node’s podCIDRs in its own kernel, over that Node’s internal address of the family. It needs no cloud and no routing protocol, but one segment on which all nodes are: a Node that is not on-link gets no route, and the condition \`MeshProgrammed\` names it. On Azure and Google Cloud two nodes of a subnet are not one segment, so it does nothing there (\`--mesh-force\` if yours are bridged otherwise), and on AWS only with \`--mesh-source-destination-check-off\`, once that check is off on all nodes. All Nodes are watched then. Routes of others are never changed; podway’s have the protocol number 112 and stay when the agent ends. What is for pods of other nodes is not masqueraded, whoever gives the podCIDRs. [How to run it](../how-to/run-without-a-cloud.md), with every reason of the condition.

## Events

About its own Node, shown by \`kubectl describe node\`. The reasons are stable.

${markdownTable([
  ['reason', 'type', 'what is so', 'what to do'],
  ...reasons.map(([reason, { meaning, remedy, type }]) => [`\`${reason}\``, type, meaning, remedy]),
])}

## Metrics

Times are in seconds. Of other nodes only those that did not answer in the last round have a series, 16 at most.

${markdownTable([
  ['metric', 'type', 'labels', 'meaning'],
  ...metrics.map(({ help, labels, name, type }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(' '),
    help,
  ]),
])}

This page is made of the program: \`npm run test:unit -- cli/agent-reference.test.ts -u\` writes it anew.
`

test('docs/reference/agent.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('reasons are in order, and in whole sentences', () => {
  const names = reasons.map(([name]) => name)
  expect(names).toEqual(names.toSorted())
  for (const [name, { action, meaning, remedy }] of reasons) {
    for (const word of [name, action]) expect(word).toMatch(/^([A-Z]+[a-z]*)+$/)
    for (const sentence of [meaning, remedy]) expect(sentence).toMatch(/^[A-Z`].*\.$/)
  }
})

test.each(metrics.map((metric) => [metric.name, metric] as const))(
  '%s: named as Prometheus names',
  (name, metric) => {
    expect(name).toMatch(/^podway_[a-z_]+$/)
    expect(name.endsWith('_total')).toBe(metric.type === 'counter')
    expect(metric.help).toMatch(/\.$/)
  },
)
