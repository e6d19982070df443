import { formatCidr } from '../../../net/cidr.ts'
import { someOf } from '../../../providers/finding.ts'
import { isOursToChange } from '../../../reconciler/report/condition-reason.ts'
import { runs } from '../../doctor/command-line.ts'
import { daemonNetwork } from '../../doctor/pod-networks.ts'
import { valueOr } from '../cluster-facts.ts'
import { isWithin, podCidrsOf } from '../cluster-ranges.ts'
import type { Context } from '../context.ts'
import { routeControllers } from '../controllers.ts'
import { flannelNetwork, isServedByFlannel } from '../from/flannel-facts.ts'
import { predecessorDaemons } from '../from/predecessor-daemons.ts'
import { controllerWorks, nodesWithAgent, someNodes } from '../podway-at-work.ts'
import { changesNodes } from '../predecessor.ts'
import { type MigrateFinding, found } from './migrate-findings.ts'

/** What gives pods their network now, and what of it stays in the way. */
export function checkNetworks(context: Context): readonly MigrateFinding[] {
  return [
    ...checkFound(context),
    ...checkOthers(context),
    ...checkNodes(context),
    ...checkConditions(context),
    ...checkMasquerade(context),
    ...checkFlannel(context),
  ]
}

/**
 * Not for kubenet, which is on the nodes alone. Where anything of podway is there already, the predecessor may well be gone,
 * or turned off as the steps want it.
 */
function checkFound({ facts, from, running }: Context): readonly MigrateFinding[] {
  const isSeen =
    predecessorDaemons(facts, from).length > 0 ||
    (from === 'cloud-controller-manager' &&
      running.some(({ container }) => runs(container, 'cloud-controller-manager'))) ||
    (from === 'cloud-controller-manager' && routeControllers(running).length > 0) ||
    (from === 'flannel' && facts.nodes.some(isServedByFlannel))
  const isBegun =
    valueOr(facts.definitions, []).length > 0 ||
    controllerWorks(facts).state !== 'left' ||
    nodesWithAgent(facts).size > 0
  const isUnread = ['daemonSets', 'deployments', 'systemPods'] as const
  if (from === 'kubenet' || isSeen || isBegun || isUnread.some((one) => 'unread' in facts[one])) return []
  return [
    found('PredecessorNotFound', {
      object: { kind: 'cluster', name: from },
      message: `Nothing of ${from} is seen in this cluster, and no podway either.`,
    }),
  ]
}

function checkOthers({ facts, from }: Context): readonly MigrateFinding[] {
  if (!changesNodes(from)) return []
  const leaving = new Set(predecessorDaemons(facts, from).map(({ metadata }) => metadata.uid))
  return valueOr(facts.daemonSets, []).flatMap(({ metadata }) => {
    const network = daemonNetwork(metadata.name)
    if (network === undefined || leaving.has(metadata.uid)) return []
    const name = `${metadata.namespace ?? ''}/${metadata.name}`
    return [
      found('OtherPodNetwork', {
        object: { kind: 'DaemonSet', name },
        message: `DaemonSet ${name} is ${network.name}: ${network.does}.`,
        fix: network.fix,
      }),
    ]
  })
}

function checkNodes({ facts }: Context): readonly MigrateFinding[] {
  const without = facts.nodes.filter((node) => podCidrsOf(node).length === 0)
  const [first] = without
  if (first === undefined) return []
  const object = { kind: 'Node', name: first.metadata.name }
  const message = `${someNodes(without)} ${without.length === 1 ? 'has' : 'have'} no podCIDRs.`
  return [found('NodesWithoutPodCidrs', { object, message })]
}

function checkConditions({ facts }: Context): readonly MigrateFinding[] {
  const reasonOf = (node: Context['facts']['nodes'][number]): string =>
    node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')?.reason ?? ''
  const foreign = facts.nodes.filter((node) => !isOursToChange(reasonOf(node)))
  return [...Map.groupBy(foreign, reasonOf)].map(([reason, nodes]) =>
    found('ConditionOfPredecessor', {
      object: { kind: 'Node', name: nodes[0]?.metadata.name ?? '' },
      message: `NetworkUnavailable of ${someNodes(nodes)} has the reason ${reason}.`,
    }),
  )
}

/** Only where the agent comes, which masquerades too. */
function checkMasquerade({ from, running }: Context): readonly MigrateFinding[] {
  if (!changesNodes(from)) return []
  return masqueraders(running).map(({ object }) =>
    found('MasqueradedTwice', {
      object,
      message: `${object.kind} ${object.name} masquerades what pods send, and podway’s agent does too.`,
    }),
  )
}

export const masqueraders = (running: Context['running']): Context['running'] =>
  running.filter(({ container }) => runs(container, 'ip-masq-agent'))

function checkFlannel({ facts, from }: Context): readonly MigrateFinding[] {
  const network = from === 'flannel' ? flannelNetwork(facts) : undefined
  const served = facts.nodes.filter(isServedByFlannel)
  if (network === undefined || served.length === 0) return []
  const { backend = 'without a name', ranges } = network
  const object = { kind: 'ConfigMap', name: 'kube-flannel-cfg' }
  const outside = facts.nodes.filter((node) => podCidrsOf(node).some((cidr) => !isWithin(cidr, ranges)))
  return [
    found('FlannelBackend', { object, message: `flannel’s backend is ${backend}: ${carriage(backend)}.` }),
    ...(outside.length === 0
      ? []
      : [
          found('FlannelMasquerades', {
            object,
            message: `podCIDRs of ${someNodes(outside)} are outside of flannel’s Network ${ranges.map(formatCidr).join(',')}.`,
          }),
        ]),
  ]
}

/** https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md */
function carriage(backend: string): string {
  switch (backend) {
    case 'host-gw':
      return 'Nodes have a route to each other Node of their segment, and packets are as podway’s'
    case 'alloc':
      return 'it only gives addresses, and leaves packets to the routes that there are'
    default:
      return 'packets between two Nodes that both have flannel go through its tunnel, all others by the cloud’s routes'
  }
}

/** What may not be read is told once each. */
export function checkUnread({ facts }: Context): readonly MigrateFinding[] {
  const readings = {
    'pods in kube-system': facts.systemPods,
    'daemonsets in all namespaces': facts.daemonSets,
    'deployments in all namespaces': facts.deployments,
    customresourcedefinitions: facts.definitions,
    'lease podway-system/podway-controller': facts.lease,
    noderoutes: facts.nodeRoutes,
    'pods in podway-system': facts.podwayPods,
    'configmap kube-system/kube-proxy': facts.proxyConfig,
    'configmap kube-flannel-cfg': facts.flannelConfig,
    'networkpolicies in all namespaces': facts.policies,
    nodepools: facts.nodePools,
  } as const
  return Object.entries(readings).flatMap(([what, reading]) =>
    'unread' in reading
      ? [
          found('Unread', {
            object: { kind: 'permission', name: what },
            message: `${what} can’t be read: ${reading.unread.message}.`,
            fix: `Allow it to whoever runs this: ${what}.`,
          }),
        ]
      : [],
  )
}

/** What the cloud's tables say of podCIDRs, where it was asked. */
export function checkRouteTables({ facts: { routes } }: Context): readonly MigrateFinding[] {
  if (routes === undefined) return []
  const refused = routes.findings.flatMap(({ answer, input, table }) =>
    answer.adopt || answer.reason === 'Owned'
      ? []
      : [
          {
            reason: answer.reason,
            message: answer.message,
            name: `${table.id} ${formatCidr(input.destination)}`,
          },
        ],
  )
  return [
    ...refused.map(({ message, name, reason }) =>
      found('RoutesContested', {
        object: { kind: 'route', name },
        message: `${name}: ${message} (${reason}).`,
      }),
    ),
    ...routes.unread.map(({ error, table }) =>
      found('TableUnread', {
        object: { kind: 'route-table', name: table.id },
        message: `${someOf('Table', [table.id])} could not be read: ${error.message}`,
      }),
    ),
  ]
}
