/** One of those that are measured. */
export interface Contender {
  readonly name: string
  /** The executable that a runtime starts for `type: ptp`. */
  readonly program: string
  /** Whether its ADD prints what it has made. */
  readonly printsResult: boolean
}

/** What a pod's network is to be. */
export interface Network {
  readonly subnets: readonly string[]
  /** The configuration's file: the same bytes for every contender. */
  readonly file: string
  /** Where reservations are kept. */
  readonly dataDir: string
}

/**
 * As a runtime hands it over: one plugin of a list, with its name and version put in. `type: ptp` makes podway-cni stand
 * in for the reference plugin, so that both have exactly the same to do; the routes are said since that plugin sets none
 * by itself.
 */
export function networkConfig(subnets: readonly string[], dataDir: string): string {
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: 'bench',
    type: 'ptp',
    ipam: {
      type: 'host-local',
      dataDir,
      ranges: subnets.map((subnet) => [{ subnet }]),
      routes: subnets.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
    },
  })
}

export type Verb = 'ADD' | 'DEL'

/**
 * The environment of a call, as containerd sets it; the same for every contender.
 * @param pluginFolder where a plugin finds its IPAM plugin, if it wants one
 */
export function callEnvironment(verb: Verb, pod: string, pluginFolder: string): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    CNI_COMMAND: verb,
    CNI_CONTAINERID: `${pod}-0123456789abcdef0123456789abcdef0123456789abcdef`,
    CNI_NETNS: `/run/netns/${pod}`,
    CNI_IFNAME: 'eth0',
    CNI_PATH: pluginFolder,
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${pod};K8S_POD_INFRA_CONTAINER_ID=${pod}`,
  }
}

/** @throws Error if what an ADD printed is not an address of every subnet and a route of each family */
export function checkResult(output: string, { subnets }: Network): void {
  const { ips, routes, interfaces } = JSON.parse(output) as {
    readonly ips: readonly unknown[]
    readonly routes: readonly unknown[]
    readonly interfaces: readonly unknown[]
  }
  const counts = [ips.length, routes.length, interfaces.length]
  const expected = [subnets.length, subnets.length, 2]
  if (counts.join() !== expected.join())
    throw new Error(`an ADD gave ${counts.join(' addresses, ')} routes/interfaces: ${output}`)
}
