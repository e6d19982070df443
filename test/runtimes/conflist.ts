/** What a node's configuration list says; the name is ours. */
export interface ConflistOptions {
  readonly podCidrs: readonly string[]
  /** Plugins behind ours. */
  readonly chained?: readonly object[]
  /** 1.0.0 if absent: the newest that Debian's runtimes read. */
  readonly cniVersion?: string
}

/** The configuration list of a podway node, as containerd and podman read it. */
export function conflist({ podCidrs, chained = [], cniVersion = '1.0.0' }: ConflistOptions): string {
  return JSON.stringify({
    cniVersion,
    name: 'podway',
    plugins: [
      {
        type: 'podway-cni',
        ipam: { type: 'host-local', ranges: podCidrs.map((subnet) => [{ subnet }]) },
      },
      ...chained,
    ],
  })
}
