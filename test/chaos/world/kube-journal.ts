import type { Call } from '../../simulators/kubernetes/calls.ts'
import type { StoreEvent } from '../../simulators/kubernetes/store.ts'
import type { Happening, NodeState, RecordState } from '../journal.ts'

/** What of an object is read here; whatever is missing was left out by whoever wrote it. */
interface Thing {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec?: {
    readonly providerID?: string
    readonly podCIDRs?: readonly string[]
    readonly destination?: string
    readonly node?: { readonly uid: string }
    readonly target?: { readonly id: string }
    readonly tables?: readonly string[]
    readonly holderIdentity?: string
  }
  readonly status?: { readonly conditions?: readonly Condition[] }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

/** What a change of an object means to the checker; nothing for objects that don't matter. */
export function noteChange(event: StoreEvent, sentAt: number): Happening | undefined {
  const before = event.previous as unknown as Thing | undefined
  const after = event.type === 'DELETED' ? undefined : (event.object as unknown as Thing)
  switch (event.collection) {
    case 'nodes':
      return { kind: 'node', node: after && nodeOf(after), before: before && nodeOf(before) }
    case 'podway.dev/noderoutes':
      return { kind: 'record', record: after && recordOf(after), before: before && recordOf(before) }
    case 'coordination.k8s.io/leases':
      return { kind: 'lease', sentAt, holder: after?.spec?.holderIdentity ?? '' }
    default:
      return undefined
  }
}

/** Undefined for what changes nothing. */
export function noteKubeCall({ name, resource, status, verb }: Call, sentAt: number): Happening | undefined {
  if (verb === undefined || verb === 'get' || verb === 'list' || verb === 'watch') return undefined
  const done = typeof status === 'number' && status < 300
  return { kind: 'kube-write', sentAt, verb, resource, name, done }
}

/** Of what Nodes, and of what revision of them all, a piece of an answer tells; undefined if it is not about Nodes. */
export function toldBy(target: string, piece: string): Extract<Happening, { kind: 'told' }> | undefined {
  if (!/^\/api\/v1\/nodes(\?|$)/.test(target)) return undefined
  interface Told {
    readonly metadata?: { readonly resourceVersion?: string; readonly uid?: string }
  }
  const answer = JSON.parse(piece) as Told & { readonly object?: Told; readonly items?: readonly Told[] }
  const { object, items = object === undefined ? [] : [object] } = answer
  const revision = Number((object ?? answer).metadata?.resourceVersion)
  const uids = items.flatMap(({ metadata }) => metadata?.uid ?? [])
  return Number.isNaN(revision) ? undefined : { kind: 'told', revision, uids }
}

function nodeOf(node: Thing): NodeState {
  const { metadata, spec = {}, status = {} } = node
  const { conditions = [], ...otherStatus } = status
  const ours = conditions.find(({ type }) => type === 'NetworkUnavailable')
  const { podCIDRs = [], ...otherSpec } = spec
  return {
    name: metadata.name,
    uid: metadata.uid,
    revision: Number(metadata.resourceVersion),
    providerID: spec.providerID ?? '',
    podCIDRs,
    unavailable: ours === undefined ? undefined : `${ours.status} ${ours.reason ?? ''}`.trim(),
    rest: JSON.stringify([
      { ...metadata, resourceVersion: undefined, generation: undefined },
      { ...otherSpec, podCIDR: undefined },
      { ...otherStatus, conditions: conditions.filter(({ type }) => type !== 'NetworkUnavailable') },
    ]),
  }
}

const recordOf = ({ metadata, spec = {} }: Thing): RecordState => ({
  isDeleting: metadata.deletionTimestamp !== undefined,
  isReleased: metadata.annotations?.['podway.dev/release'] === spec.node?.uid,
  destination: spec.destination ?? '',
  target: spec.target?.id ?? '',
  tables: spec.tables ?? [],
})
