import { someOf } from '../../../providers/finding.ts'
import type { Node } from '../../../kube/objects.ts'
import { valueOr } from '../cluster-facts.ts'
import type { Context } from '../context.ts'
import { predecessorDaemons } from '../from/predecessor-daemons.ts'
import { agentName, podwayNamespace, predecessorLabel } from '../places.ts'
import { nodesWithAgent, someNodes } from '../podway-at-work.ts'
import { type Need, type Step, type Verdict, done, left, unknown } from '../step.ts'

const manifests = [
  'kubectl apply -f deploy/manifests/namespace.yaml',
  'kubectl apply -f deploy/manifests/agent-rbac.yaml -f deploy/manifests/agent-admission.yaml',
  'kubectl apply -f deploy/manifests/agent-config.yaml',
  '# deploy/manifests/agent.yaml needs the names of your images; see docs/how-to/install.md.',
]

/** Nodes whose pods go on under podway's configuration: the agent comes, and takes over. */
export function agentInPlace({ facts }: Context, extra: readonly string[]): Step {
  const ready = nodesWithAgent(facts)
  const waiting = facts.nodes.filter(({ metadata }) => !ready.has(metadata.name))
  const verdict = (): Verdict => {
    if ('unread' in facts.podwayPods)
      return unknown(`Where agents run is not known: ${facts.podwayPods.unread.message}.`)
    if (waiting.length > 0) return left(`No agent is ready on ${someNodes(waiting)}.`)
    const cut = unreachable(facts.nodes)
    if (cut.length > 0) return left(`Other nodes don’t answer ${someNodes(cut)} over the pod network.`)
    return done('An agent is ready on every Node, and none is cut off.')
  }
  return {
    name: 'agent',
    title: 'Run the node agent on every node',
    why: 'It finds the configuration in use, and goes on with its network: addresses, reservations and pods stay as they are, and new pods get podway’s plugin. The file of before stays, void behind podway’s.',
    needs: [],
    how: [
      ...manifests,
      ...extra,
      'kubectl apply -f deploy/manifests/agent.yaml',
      '# An agent that does not get ready says why: kubectl describe node',
    ],
    verdict: verdict(),
    back: 'kubectl apply -f deploy/manifests/agent-uninstall.yaml, which takes the agent’s place: the configuration of before is in use again, with all addresses given meanwhile.',
  }
}

/** Where the Node's agent says that others do not answer. */
const unreachable = (nodes: readonly Node[]): readonly Node[] =>
  nodes.filter(({ status }) =>
    (status?.conditions ?? []).some(
      ({ type, status }) => type === 'PodNetworkReachable' && status === 'False',
    ),
  )

const isMarked = ({ metadata }: Node): boolean => predecessorLabel in (metadata.labels ?? {})

/** What a predecessor's file is called, and what it leaves in a kernel. */
export interface NodeTraces {
  readonly file: string
  readonly kernel: string
  /** What others know of a Node, and what takes it away. */
  readonly peers: string
  /** Whether the predecessor still serves the Node. */
  readonly serves: (node: Node) => boolean
}

/** The predecessor stays where it is, and comes to no other Node. */
export function hold({ facts, from }: Context, { serves }: Pick<NodeTraces, 'serves'>): Step {
  const daemons = predecessorDaemons(facts, from)
  const unpinned = daemons.filter(
    ({ spec }) => spec?.template?.spec?.nodeSelector?.[predecessorLabel] === undefined,
  )
  const unmarked = daemons.length === 0 ? [] : facts.nodes.filter((node) => serves(node) && !isMarked(node))
  const verdict = (): Verdict => {
    if ('unread' in facts.daemonSets)
      return unknown(`Where ${from} runs is not known: ${facts.daemonSets.unread.message}.`)
    if (daemons.length === 0) return done(`There is no DaemonSet of ${from} any more.`)
    if (unmarked.length > 0) return left(`Not marked yet: ${someNodes(unmarked)}.`)
    if (unpinned.length > 0) return left(`${from} still goes to every Node.`)
    return done(`${from} stays on the Nodes that are marked, and comes to no other.`)
  }
  const selector = JSON.stringify({
    spec: { template: { spec: { nodeSelector: { [predecessorLabel]: from } } } },
  })
  return {
    name: 'hold',
    title: `Keep ${from} on the nodes that have it, and off all others`,
    why: `Nodes that register from now on have no mark: ${from} does not come to them, and podway’s agent does. First the marks, then the selector, or ${from} leaves Nodes that need it.`,
    needs: [],
    how: [
      ...(unmarked.length === 0
        ? []
        : [
            `kubectl label node ${unmarked.map(({ metadata }) => metadata.name).join(' ')} ${predecessorLabel}=${from}`,
          ]),
      ...unpinned.map(
        ({ metadata }) =>
          `kubectl -n ${metadata.namespace ?? 'default'} patch daemonset ${metadata.name} --type merge -p '${selector}'`,
      ),
    ],
    verdict: verdict(),
    back: 'Take the nodeSelector from the DaemonSet again, then the label from the Nodes.',
  }
}

/** The agent comes to Nodes without a mark. */
export function agentBeside({ facts }: Context): Step {
  const daemon = valueOr(facts.daemonSets, []).find(
    ({ metadata }) => metadata.namespace === podwayNamespace && metadata.name === agentName,
  )
  const marked = facts.nodes.filter(isMarked)
  const avoids = JSON.stringify(daemon?.spec?.template?.spec?.affinity ?? {}).includes(predecessorLabel)
  const verdict = (): Verdict => {
    if ('unread' in facts.daemonSets)
      return unknown(`Which DaemonSets there are is not known: ${facts.daemonSets.unread.message}.`)
    if (daemon === undefined) return left(`There is no DaemonSet ${podwayNamespace}/${agentName}.`)
    if (marked.length > 0 && !avoids)
      return left(`DaemonSet ${podwayNamespace}/${agentName} goes to marked Nodes too.`)
    return done('podway’s agent comes to every Node without a mark.')
  }
  const affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: predecessorLabel, operator: 'DoesNotExist' }] }],
      },
    },
  }
  const patch = JSON.stringify({ spec: { template: { spec: { affinity } } } })
  return {
    name: 'agent',
    title: 'Run the node agent where the predecessor is not',
    why: 'It comes to Nodes as they lose their mark, and to new ones.',
    needs: [],
    how: [
      ...manifests,
      `kubectl patch --local -f deploy/manifests/agent.yaml --type merge -o yaml -p '${patch}' | kubectl apply -f -`,
    ],
    verdict: verdict(),
    back: 'kubectl delete -f deploy/manifests/agent.yaml.',
  }
}

/** Node by node: each registers anew, without the predecessor. */
export function nodeByNode({ facts, from }: Context, traces: NodeTraces): Step {
  const ready = nodesWithAgent(facts)
  const old = facts.nodes.filter(
    (node) => isMarked(node) || (traces.serves(node) && !ready.has(node.metadata.name)),
  )
  const waiting = facts.nodes.filter((node) => !old.includes(node) && !ready.has(node.metadata.name))
  const cut = unreachable(facts.nodes)
  const needs: readonly Need[] = [
    {
      holds: waiting.length === 0,
      message: `No agent is ready on ${someNodes(waiting)}: not before it is should the next node follow.`,
    },
    {
      holds: cut.length === 0,
      message: `Other nodes don’t answer ${someNodes(cut)} over the pod network: not before they do should the next node follow.`,
    },
  ]
  const verdict = (): Verdict => {
    if ('unread' in facts.podwayPods)
      return unknown(`Where agents run is not known: ${facts.podwayPods.unread.message}.`)
    if (old.length > 0)
      return left(`${old.length} of ${facts.nodes.length} Nodes still have ${from}: ${someNodes(old)}.`)
    if (waiting.length > 0) return left(`No agent is ready on ${someNodes(waiting)}.`)
    if (cut.length > 0) return left(`Other nodes don’t answer ${someNodes(cut)} over the pod network.`)
    return done('An agent is ready on every Node, and none is cut off.')
  }
  const [next] = old
  return {
    name: 'nodes',
    title: 'Lead over node by node',
    why: `${traces.peers} A new machine in the place of an old one is the same, and simpler: it registers without the mark.`,
    needs: next === undefined ? [] : needs,
    how: next === undefined ? [] : leadOver(next, traces),
    verdict: verdict(),
    back: `Delete the Node, give it the mark ${predecessorLabel}=${from} as soon as it registers, and restart the machine.`,
  }
}

function leadOver({ metadata, spec }: Node, { file, kernel }: NodeTraces): readonly string[] {
  const { name } = metadata
  const labels = Object.keys(metadata.labels ?? {}).filter((key) =>
    key.startsWith('node-role.kubernetes.io/'),
  )
  const taints = (spec.taints ?? []).filter(({ key }) => key.startsWith('node-role.kubernetes.io/'))
  return [
    `kubectl drain ${name} --ignore-daemonsets --delete-emptydir-data`,
    `# on ${name}: rm ${file}`,
    `kubectl delete node ${name}`,
    `# on ${name}: reboot, which takes ${kernel} along; its kubelet registers it anew`,
    ...(labels.length === 0
      ? []
      : [`kubectl label node ${name} ${labels.map((key) => `${key}=`).join(' ')}`]),
    ...taints.map(
      ({ effect, key, value = '' }) =>
        `kubectl taint node ${name} ${key}${value === '' ? '' : `=${value}`}:${effect}`,
    ),
    `kubectl wait --for=condition=Ready node/${name} --timeout=10m`,
    '# then run this command again: it tells the next node',
  ]
}

/** What is left of the predecessor in the cluster. */
export function remove({ facts, from }: Context, leftovers: readonly string[]): Step {
  const daemons = predecessorDaemons(facts, from)
  const ready = nodesWithAgent(facts)
  const without = facts.nodes.filter(({ metadata }) => !ready.has(metadata.name))
  return {
    name: 'remove',
    title: `Remove ${from}`,
    why: 'No pod’s network is its own any more.',
    needs: [{ holds: without.length === 0, message: `No agent is ready on ${someNodes(without)}.` }],
    how: [
      ...daemons.map(
        ({ metadata }) => `kubectl -n ${metadata.namespace ?? 'default'} delete daemonset ${metadata.name}`,
      ),
      ...leftovers,
    ],
    verdict:
      'unread' in facts.daemonSets
        ? unknown(`Which DaemonSets there are is not known: ${facts.daemonSets.unread.message}.`)
        : daemons.length > 0
          ? left(
              `There is still ${someOf(
                'DaemonSet',
                daemons.map(({ metadata }) => metadata.name),
              )}.`,
            )
          : done(`There is no DaemonSet of ${from}.`),
    back: 'Install it again; nodes on which podway’s configuration is laid do not use it.',
  }
}
