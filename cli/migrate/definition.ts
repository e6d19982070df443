import type { KubeObject } from '../../kube/objects.ts'
import type { ResourceType } from '../../kube/resource.ts'

/** A CustomResourceDefinition, as far as it is looked at. */
export interface Definition extends KubeObject {
  readonly spec: { readonly group: string }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

export const definitionType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
}

/** Whether the API server serves what it defines. */
export const isEstablished = ({ status }: Definition): boolean =>
  (status?.conditions ?? []).some(({ status, type }) => type === 'Established' && status === 'True')
