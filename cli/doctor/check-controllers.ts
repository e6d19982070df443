import { type Finding, someOf } from '../../providers/finding.ts'
import { isOursToChange } from '../../reconciler/report/condition-reason.ts'
import { found } from './cluster-findings.ts'
import type { ClusterPicture } from './cluster.ts'
import { runs } from './command-line.ts'
import { daemonNetwork } from './pod-networks.ts'
import { type Running, everythingRunning, givesRanges, writesRoutes } from './running.ts'

export interface ControllersInput extends ClusterPicture {
  readonly clusterName: string
  /** Whether podway is to give Nodes their podCIDRs. */
  readonly allocates: boolean
}

/** Whether something else is at work where podway works: at routes, podCIDRs, pods' networks or the Nodes' condition. */
export function checkControllers(input: ControllersInput): readonly Finding[] {
  const running = everythingRunning(input)
  const findings = [
    ...running.flatMap((one) => ofContainer(one, input.allocates)),
    ...otherNetworks(input),
    ...conditions(input),
    ...unseen(input, running),
  ]
  if (findings.length > 0) return findings
  return [
    found('NoOtherController', {
      object: { kind: 'cluster', name: input.clusterName },
      message: 'Nothing else is seen to write routes or podCIDRs.',
    }),
  ]
}

function ofContainer({ container, object }: Running, allocates: boolean): readonly Finding[] {
  const findings: Finding[] = []
  const name = `${object.kind} ${object.name}`
  if (writesRoutes(container))
    findings.push(
      found('AnotherRouteController', {
        object,
        message: `${name} writes routes for Nodes: it runs without --configure-cloud-routes=false.`,
        fix: `Give ${name} the flag --configure-cloud-routes=false.`,
      }),
    )
  if (runs(container, 'aws-custom-route-controller'))
    findings.push(
      found('AnotherRouteController', {
        object,
        message: `${name} writes routes for Nodes, as podway does.`,
        fix: `Remove ${name}, and let podway have its routes with podway adopt.`,
      }),
    )
  const givesPodCidrs = givesRanges(container)
  if (allocates && (givesPodCidrs || runs(container, 'node-ipam-controller')))
    findings.push(
      found('AnotherAllocator', {
        object,
        message: `${name} gives Nodes their podCIDRs, and by its pools podway is to do so too.`,
        fix: givesPodCidrs
          ? `Give ${name} the flag --allocate-node-cidrs=false (a kubeadm cluster: in kube-controller-manager's static pod), or run podway with --allocate-node-cidrs=false.`
          : `Remove ${name}, or run podway with --allocate-node-cidrs=false.`,
      }),
    )
  return findings
}

function otherNetworks({ daemonSets }: ControllersInput): readonly Finding[] {
  return ('value' in daemonSets ? daemonSets.value : []).flatMap(({ metadata }) => {
    const network = daemonNetwork(metadata.name)
    if (network === undefined) return []
    const name = `${metadata.namespace ?? ''}/${metadata.name}`
    return [
      found('AnotherPodNetwork', {
        object: { kind: 'DaemonSet', name },
        message: `DaemonSet ${name} is ${network.name}: ${network.does}.`,
        fix: network.fix,
      }),
    ]
  })
}

function conditions({ nodes }: ControllersInput): readonly Finding[] {
  const byReason = new Map<string, string[]>()
  for (const { metadata, status } of nodes) {
    const reason = status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')?.reason
    if (reason === undefined || isOursToChange(reason)) continue
    byReason.set(reason, [...(byReason.get(reason) ?? []), metadata.name])
  }
  return [...byReason].map(([reason, names]) =>
    found('ConditionOfOthers', {
      object: { kind: 'Node', name: names[0] ?? '' },
      message: `NetworkUnavailable of ${someOf('Node', names)} has the reason ${reason}, which is not podway's.`,
    }),
  )
}

function unseen(
  { clusterName, daemonSets, deployments, systemPods }: ControllersInput,
  running: readonly Running[],
): readonly Finding[] {
  const readings = [
    ['pods in kube-system', systemPods],
    ['daemonsets in all namespaces', daemonSets],
    ['deployments in all namespaces', deployments],
  ] as const
  const refused = readings.flatMap(([what, reading]) =>
    'unread' in reading
      ? [
          found('ControllersUnknown', {
            object: { kind: 'permission', name: `list ${what}` },
            message: `Whether something else writes routes or podCIDRs is not known: ${reading.unread.message}.`,
            fix: `Allow list of ${what} to whoever runs this.`,
          }),
        ]
      : [],
  )
  if ('unread' in systemPods || running.some(({ container }) => runs(container, 'kube-controller-manager')))
    return refused
  const message = 'No pod in kube-system runs kube-controller-manager, so its flags can’t be seen.'
  return [
    ...refused,
    found('ControllerManagerUnseen', { object: { kind: 'cluster', name: clusterName }, message }),
  ]
}
