import { builtInType } from './built-in-type.ts'
import { typeMeta } from './object-meta.ts'
import type { ResourceType } from './resource-type.ts'
import { any, omitEmpty, struct } from './shape.ts'

/** What runs in a cluster, for those who look at it: kept as it is written, neither checked nor filled in. */
const shape = struct({ ...typeMeta, spec: omitEmpty(any), status: omitEmpty(any) })

const common = { version: 'v1', namespaced: true, hasStatus: true, shape } as const

export const workloadTypes: readonly ResourceType[] = [
  builtInType({ ...common, plural: 'pods', kind: 'Pod', shortNames: ['po'] }),
  builtInType({ ...common, group: 'apps', plural: 'daemonsets', kind: 'DaemonSet', shortNames: ['ds'] }),
  builtInType({
    ...common,
    group: 'apps',
    plural: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
  }),
  builtInType({
    ...common,
    hasStatus: false,
    group: 'networking.k8s.io',
    plural: 'networkpolicies',
    kind: 'NetworkPolicy',
    listKind: 'NetworkPolicyList',
    shortNames: ['netpol'],
  }),
]
