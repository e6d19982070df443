/** The versions of the specification, and which verbs their configurations may use. */
export const specVersions = [
  { version: '0.1.0', lists: false, check: false, status: false },
  { version: '0.2.0', lists: false, check: false, status: false },
  { version: '0.3.0', lists: true, check: false, status: false },
  { version: '0.3.1', lists: true, check: false, status: false },
  { version: '0.4.0', lists: true, check: true, status: false },
  { version: '1.0.0', lists: true, check: true, status: false },
  { version: '1.1.0', lists: true, check: true, status: true },
] as const

interface Pair {
  readonly ip: string
  readonly gateway?: string
  readonly routes?: readonly PrintedRoute[]
}

interface PrintedRoute {
  readonly dst: string
  readonly gw?: string
}

/** What a result of any version has of addresses: `address gateway`, and of routes: `dst gw`. */
export function said(json: unknown): { readonly ips: readonly string[]; readonly routes: readonly string[] } {
  const { ip4, ip6, ips, routes } = json as {
    readonly ip4?: Pair
    readonly ip6?: Pair
    readonly ips?: readonly { readonly address: string; readonly gateway?: string }[]
    readonly routes?: readonly PrintedRoute[]
  }
  const pairs = [ip4, ip6].filter((pair) => pair !== undefined)
  const all = ips ?? pairs.map(({ ip, gateway }) => ({ address: ip, gateway }))
  const ways = routes ?? pairs.flatMap((pair) => pair.routes ?? [])
  return {
    ips: all.map(({ address, gateway }) => [address, gateway].filter(Boolean).join(' ')),
    routes: ways.map(({ dst, gw }) => [dst, gw].filter(Boolean).join(' ')),
  }
}
