import type { RestClient } from '../../lab/rest-client.ts'
import { type DemoRoute, type DemoTable, byDestination } from './demo-cloud.ts'

/** What the network delivers to interfaces by alias ranges, as a table. */
export const aliasTable: DemoTable = {
  id: 'alias ranges',
  name: 'of the instances’ interfaces',
  isPodways: true,
  family: 4,
  isOfInstances: true,
}

interface WireInstance {
  readonly selfLink: string
  readonly networkInterfaces: readonly [WireInterface]
}

interface WireInterface {
  readonly name: string
  readonly fingerprint: string
  readonly aliasIpRanges?: readonly { readonly ipCidrRange: string }[]
}

/** `zone`: its URL. */
interface Operation {
  readonly name: string
  readonly zone: string
}

/** Sorted by destination. @param base `/compute/v1/projects/p` */
export async function aliasRoutes(api: RestClient, base: string): Promise<readonly DemoRoute[]> {
  const instances = await instancesIn(api, base)
  return byDestination(
    instances.flatMap(({ networkInterfaces: [nic], selfLink }) =>
      (nic.aliasIpRanges ?? []).map(({ ipCidrRange }) => ({
        destination: ipCidrRange,
        target: pathIn(selfLink),
      })),
    ),
  )
}

/** Somebody takes the range from whoever has it; answers with the operations that it takes. */
export async function takeAlias(
  api: RestClient,
  base: string,
  destination: string,
): Promise<readonly Operation[]> {
  const isIt = ({ ipCidrRange }: { readonly ipCidrRange: string }): boolean => ipCidrRange === destination
  const owners = (await instancesIn(api, base)).filter(({ networkInterfaces: [nic] }) =>
    nic.aliasIpRanges?.some(isIt),
  )
  return Promise.all(
    owners.map(async ({ networkInterfaces: [nic], selfLink }) => {
      const { aliasIpRanges = [], fingerprint, name } = nic
      const path = `/compute/v1/${pathIn(selfLink)}/updateNetworkInterface?networkInterface=${name}`
      const body = { fingerprint, aliasIpRanges: aliasIpRanges.filter((one) => !isIt(one)) }
      return (await api.send('PATCH', path, body)) as Operation
    }),
  )
}

async function instancesIn(api: RestClient, base: string): Promise<readonly WireInstance[]> {
  const { items } = await api.get<{
    readonly items: Readonly<Record<string, { readonly instances?: readonly WireInstance[] }>>
  }>(`${base}/aggregated/instances`)
  return Object.values(items).flatMap(({ instances = [] }) => instances)
}

const pathIn = (url: string): string => url.replace(/^.*\/compute\/v1\//, '')
