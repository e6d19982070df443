/** A network for pods that others make. */
export interface PodNetwork {
  readonly name: string
  /** A part of a sentence. */
  readonly does: string
  readonly fix: string
}

interface KnownNetwork extends PodNetwork {
  /** Of its DaemonSet. */
  readonly daemon: RegExp
}

const known: readonly KnownNetwork[] = [
  {
    name: 'the Amazon VPC CNI',
    daemon: /^aws-node$/,
    does: 'it gives pods addresses of the VPC’s own subnets, and needs neither podCIDRs nor routes',
    fix: 'Remove it if pods are to have addresses of podCIDRs; else podway’s routes are for nobody.',
  },
  {
    name: 'Cilium',
    daemon: /^cilium$/,
    does: 'it gives pods addresses by its own IPAM and carries packets in tunnels, unless told otherwise',
    fix: 'Set ipam.mode=kubernetes and routingMode=native with ipv4NativeRoutingCIDR, or remove it.',
  },
  {
    name: 'Calico',
    daemon: /^calico-node$|^canal$/,
    does: 'it gives pods addresses of its own pools and routes between Nodes itself, unless told otherwise',
    fix: 'Use the host-local IPAM with usePodCidr and no encapsulation (policy only), or remove it.',
  },
  {
    name: 'Flannel',
    daemon: /^kube-flannel/,
    does: 'it carries packets between Nodes in an overlay of its own, unless its backend is alloc',
    fix: 'Set its backend to alloc, or remove it.',
  },
  {
    name: 'kindnet',
    daemon: /^kindnet/,
    does: 'it gives pods addresses of the podCIDRs, and routes between the Nodes of one subnet itself',
    fix: 'It works with podway’s routes: keep it if it is meant to give pods their interfaces.',
  },
  {
    name: 'kube-router',
    daemon: /^kube-router$/,
    does: 'it tells routes by BGP and carries packets between subnets in tunnels, unless told otherwise',
    fix: 'Set --enable-overlay=false and --run-router=false, or remove it.',
  },
]

/** What the DaemonSet of that name is known for. */
export const daemonNetwork = (daemonSet: string): PodNetwork | undefined =>
  known.find(({ daemon }) => daemon.test(daemonSet))
