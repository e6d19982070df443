import type { Node } from '../../../kube/objects.ts'
import { AddressSyntaxError } from '../../../net/address.ts'
import { type Cidr, parseCidr } from '../../../net/cidr.ts'
import type { Workload } from '../../doctor/cluster.ts'
import { type ClusterFacts, valueOr } from '../cluster-facts.ts'

/** Of what flannel writes on each Node that it serves: others reach its pods by it, as long as the Node has it. */
const annotation = 'flannel.alpha.coreos.com/'

/** kube-flannel.yml has a namespace of its own since v0.20.0, and was in kube-system before. */
export const flannelNamespace = (daemonSets: readonly Workload[]): string =>
  daemonSets.find(({ metadata }) => metadata.name.startsWith('kube-flannel'))?.metadata.namespace ??
  'kube-flannel'

export const isServedByFlannel = ({ metadata }: Node): boolean =>
  Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith(annotation))

export interface FlannelNetwork {
  /** `vxlan`, `host-gw`, `wireguard`, `ipip`, `udp`, `alloc` …; undefined where none is named. */
  readonly backend: string | undefined
  /** Of pods, IPv4 first. */
  readonly ranges: readonly Cidr[]
}

/** `net-conf.json` of kube-flannel-cfg; undefined where there is none, or none that can be read. */
export function flannelNetwork({
  flannelConfig,
}: Pick<ClusterFacts, 'flannelConfig'>): FlannelNetwork | undefined {
  const text = valueOr(flannelConfig, undefined)?.data?.['net-conf.json']
  if (text === undefined) return undefined
  try {
    const { Backend, IPv6Network, Network } = JSON.parse(text) as {
      readonly Network?: string
      readonly IPv6Network?: string
      readonly Backend?: { readonly Type?: string }
    }
    const ranges = [Network, IPv6Network].flatMap((range) =>
      range === undefined || range === '' ? [] : [parseCidr(range)],
    )
    return { backend: Backend?.Type, ranges }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof AddressSyntaxError) return undefined
    throw error
  }
}
