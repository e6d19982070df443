import type { FoundConfiguration } from '../../cni/serve/protocol.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, compareCidrs, equalCidrs, formatCidr, parseCidr } from '../../net/cidr.ts'

/** What has to be done about the configurations that are in the runtime's folder beside ours. */
export type Succession =
  /** Nothing: there is none that counts. */
  | { readonly kind: 'alone' }
  /** Its pods live on under ours, and its file stays behind ours, void. */
  | { readonly kind: 'take-over'; readonly file: string }
  | { readonly kind: 'refused'; readonly reason: 'RangesDiffer' | 'OtherNetwork'; readonly message: string }

/** What kubenet (as runtimes imitate it), kindnet, GKE's and kops' templates are made of, and whoever laid ours by hand. */
const takeableMains = ['podway-cni', 'ptp', 'bridge']

/** Networks that runtimes' packages lay for themselves, for containers that are no pods. */
const runtimesOwn = ['crio', 'podman']

/**
 * Of the configurations in the order in which runtimes read them. A runtime uses the first one that it can read: that one is
 * the node's network as long as ours is not laid, or if it stands before ours. What stands behind ours is void, and stays.
 *
 * Never taken over is what has other ranges than the podCIDRs: either it is another network, or the Node got new
 * podCIDRs since, and the addresses of its pods are routed elsewhere.
 */
export function succession(
  configurations: readonly FoundConfiguration[],
  podCidrs: readonly Cidr[],
): Succession {
  const counts = (one: FoundConfiguration): boolean => !isLoopback(one) && !isRuntimesOwn(one)
  const ours = configurations.findIndex(({ isOurs }) => isOurs)
  if (ours >= 0) {
    const before = configurations.slice(0, ours).find(counts)
    return before === undefined ? { kind: 'alone' } : otherNetwork(before)
  }
  const first = configurations.find(counts)
  if (first === undefined) return { kind: 'alone' }
  if (!isTakeable(first)) return otherNetwork(first)
  return sameRanges(first.ranges, podCidrs)
    ? { kind: 'take-over', file: first.file }
    : rangesDiffer(first, podCidrs)
}

const isLoopback = ({ types = [] }: FoundConfiguration): boolean =>
  types.length > 0 && types.every((type) => type === 'loopback')

const isRuntimesOwn = ({ file, name }: FoundConfiguration): boolean =>
  (name !== undefined && runtimesOwn.includes(name)) || file.startsWith('nerdctl-')

/** Whatever stands behind it in the chain goes on with it. */
function isTakeable({ ranges = [], types = [] }: FoundConfiguration): boolean {
  const [main] = types
  return main !== undefined && ranges.length > 0 && takeableMains.includes(main)
}

function sameRanges(ranges: readonly string[] | undefined, podCidrs: readonly Cidr[]): boolean {
  const found = (ranges ?? []).map(parseOrUndefined)
  const sorted = found.filter((one) => one !== undefined).sort(compareCidrs)
  const wanted = [...podCidrs].sort(compareCidrs)
  return (
    sorted.length === found.length &&
    sorted.length === wanted.length &&
    wanted.every((cidr, index) => {
      const other = sorted[index]
      return other !== undefined && equalCidrs(cidr, other)
    })
  )
}

function parseOrUndefined(text: string): Cidr | undefined {
  try {
    return parseCidr(text)
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

const rangesDiffer = ({ file, ranges = [] }: FoundConfiguration, podCidrs: readonly Cidr[]): Succession => ({
  kind: 'refused',
  reason: 'RangesDiffer',
  message: `${file} gives pods addresses of ${ranges.join(', ')}, and the Node's podCIDRs are ${podCidrs.map(formatCidr).join(', ')}: remove its pods and the file, or correct the Node`,
})

const otherNetwork = ({ file, name, types }: FoundConfiguration): Succession => ({
  kind: 'refused',
  reason: 'OtherNetwork',
  message:
    types === undefined
      ? `${file} can't be read as a configuration, and a runtime that reads it has no network: remove it`
      : `${file} is another network's (${name ?? 'without a name'}: ${types.join(', ')}), and it is in use: uninstall that network first`,
})
