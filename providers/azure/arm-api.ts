/** Azure Resource Manager, as the adapter talks to it: JSON as it is on the wire, both ways. */
export interface ArmApi {
  /** Resolves with any answer of any status. Rejects where none came, or with whatever the credential failed with. */
  send(request: ArmRequest, signal: AbortSignal): Promise<ArmAnswer>
}

export interface ArmRequest {
  /** The operation, as the API's specification names it (`RouteTables_Get`). */
  readonly operation: string
  readonly method: 'GET' | 'PUT' | 'POST'
  /** From the first `/` on with query, or a link that an earlier answer gave. */
  readonly path: string
  readonly body?: object
  /** The revision that the write is for. */
  readonly ifMatch?: string
  /** Of the whole of it; as the client says unless told. */
  readonly timeoutMs?: number
}

export interface ArmAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, or text that is none, or undefined of nothing. */
  readonly body: unknown
}

/** Whether a lost answer leaves open what happened. */
export const isWrite = ({ method }: ArmRequest): boolean => method === 'PUT'

/** The version whose model this adapter knows; what newer ones add is carried along unseen. */
const networkVersion = '2026-01-01'
const computeVersion = '2025-04-01'
/** Interfaces of uniform scale sets are the network's, under Compute's name, and have a version of their own. */
const scaleSetInterfaceVersion = '2018-10-01'

export const networkPath = (id: string): string => `${encoded(id)}?api-version=${networkVersion}`
export const computePath = (id: string): string => `${encoded(id)}?api-version=${computeVersion}`
export const scaleSetInterfacePath = (id: string): string =>
  `${encoded(id)}?api-version=${scaleSetInterfaceVersion}`

const authorizationVersion = { permissions: '2022-04-01', locks: '2016-09-01' } as const

/** What the caller may do with a resource, or what of a resource group is locked. */
export const authorizationPath = (id: string, what: keyof typeof authorizationVersion): string =>
  `${encoded(id)}/providers/Microsoft.Authorization/${what}?api-version=${authorizationVersion[what]}`

/** What policies make of a resource that is not written; asked by POST. @param group id of its resource group */
export const policyPath = (group: string): string =>
  `${encoded(group)}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions?api-version=2024-10-01`

/** What of its limits a subscription uses in a region, and what they are. */
export const usagesPath = (subscription: string, location: string): string =>
  networkPath(`/subscriptions/${subscription}/providers/Microsoft.Network/locations/${location}/usages`)

export const resourceGroupPath = (id: string): string => `${encoded(id)}?api-version=2021-04-01`

const encoded = (id: string): string => id.split('/').map(encodeURIComponent).join('/')
