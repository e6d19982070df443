import { load } from 'js-yaml'
import { type Cidr, formatCidr } from '../../../net/cidr.ts'
import { flagOf, runs } from '../../doctor/command-line.ts'
import type { Running } from '../../doctor/running.ts'
import type { ClusterFacts } from '../cluster-facts.ts'
import { isWithin, podCidrsOf, readRanges } from '../cluster-ranges.ts'
import type { Context } from '../context.ts'
import { changesNodes } from '../predecessor.ts'
import { someNodes } from '../podway-at-work.ts'
import { type MigrateFinding, found } from './migrate-findings.ts'

/**
 * How kube-proxy tells that a packet to a Service comes from a pod of its node: what does not is masqueraded.
 * https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
 */
export type LocalDetection =
  | { readonly mode: 'ClusterCIDR'; readonly ranges: readonly Cidr[] }
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface' | 'InterfaceNamePrefix'; readonly name: string }

export interface ProxySetting {
  readonly detection: LocalDetection
  /** Whose flags or which ConfigMap say so. */
  readonly object: MigrateFinding['object']
}

/** The part of KubeProxyConfiguration that is looked at. */
interface Configuration {
  readonly clusterCIDR?: string
  readonly detectLocalMode?: string
  readonly detectLocal?: { readonly bridgeInterface?: string; readonly interfaceNamePrefix?: string }
}

/**
 * By the ConfigMap that kubeadm makes where its DaemonSet reads one, else by the program's flags (kops has it in static pods).
 * Undefined where neither is seen: kube-proxy runs elsewhere, or something stands in for it.
 */
export function proxySetting(
  { proxyConfig }: Pick<ClusterFacts, 'proxyConfig'>,
  running: readonly Running[],
): ProxySetting | undefined {
  const text = 'value' in proxyConfig ? proxyConfig.value?.data?.['config.conf'] : undefined
  const configuration = text === undefined ? undefined : readConfiguration(text)
  if (configuration !== undefined)
    return {
      object: { kind: 'ConfigMap', name: 'kube-system/kube-proxy' },
      detection: detectionOf(configuration),
    }
  const one = running.find(({ container }) => runs(container, 'kube-proxy'))
  if (one === undefined || flagOf(one.container, 'config') !== undefined) return undefined
  const flag = (name: string): string => flagOf(one.container, name) ?? ''
  return {
    object: one.object,
    detection: detectionOf({
      clusterCIDR: flag('cluster-cidr'),
      detectLocalMode: flag('detect-local-mode'),
      detectLocal: {
        bridgeInterface: flag('pod-bridge-interface'),
        interfaceNamePrefix: flag('pod-interface-name-prefix'),
      },
    }),
  }
}

function readConfiguration(text: string): Configuration | undefined {
  try {
    const value: unknown = load(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function detectionOf({ clusterCIDR, detectLocal, detectLocalMode: mode }: Configuration): LocalDetection {
  if (mode === 'NodeCIDR') return { mode }
  if (mode === 'BridgeInterface') return { mode, name: detectLocal?.bridgeInterface ?? '' }
  if (mode === 'InterfaceNamePrefix') return { mode, name: detectLocal?.interfaceNamePrefix ?? '' }
  return { mode: 'ClusterCIDR', ranges: readRanges(clusterCIDR ?? '') }
}

/** podway's hosts' ends of pods' interfaces are `veth` and eight digits. */
const vethPrefix = 'veth'

/** Whether kube-proxy goes on to know pods as such. Where it has no range at all, it masquerades none. */
export function checkProxy({ facts, from, ranges, running }: Context): readonly MigrateFinding[] {
  const setting = proxySetting(facts, running)
  if (setting === undefined) {
    const message = 'Neither the ConfigMap kube-system/kube-proxy nor flags of kube-proxy are seen.'
    return [found('ProxyUnseen', { object: { kind: 'cluster', name: 'kube-proxy' }, message })]
  }
  const { detection, object } = setting
  switch (detection.mode) {
    case 'NodeCIDR':
      return []
    case 'ClusterCIDR': {
      const families = new Set(detection.ranges.map(({ family }) => family))
      if (families.size === 0) return []
      const outside = facts.nodes.filter((node) =>
        podCidrsOf(node).some((cidr) => !isWithin(cidr, detection.ranges)),
      )
      const pools = (ranges?.cidrs ?? []).filter((cidr) => !isWithin(cidr, detection.ranges))
      if (outside.length + pools.length === 0) return []
      const what = [
        ...(outside.length === 0 ? [] : [`podCIDRs of ${someNodes(outside)}`]),
        ...pools.map((cidr) => `the range ${formatCidr(cidr)}`),
      ].join(' and ')
      const message = `kube-proxy’s clusterCIDR is ${detection.ranges.map(formatCidr).join(',')}, and ${what} ${outside.length === 0 && pools.length === 1 ? 'is' : 'are'} outside of it.`
      return [found('ProxyClusterCidr', { object, message })]
    }
    case 'BridgeInterface': {
      if (!changesNodes(from)) return []
      const message = `kube-proxy tells pods by the bridge ${detection.name}, and podway’s pods have none.`
      return [found('ProxyBridge', { object, message })]
    }
    case 'InterfaceNamePrefix': {
      if (!changesNodes(from) || vethPrefix.startsWith(detection.name)) return []
      const message = `kube-proxy tells pods by interfaces named ${detection.name}…, and podway’s are named ${vethPrefix}….`
      return [found('ProxyBridge', { object, message })]
    }
  }
}
