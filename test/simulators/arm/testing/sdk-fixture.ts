import { NetworkManagementClient } from '@azure/arm-network'
import { selfSigned } from '../../../../kube/testing/self-signed.ts'
import { serve } from '../../http-server.ts'
import { type ArmSimulator, type ArmSimulatorOptions, createArmSimulator } from '../arm-simulator.ts'

export const subscription = '00000000-0000-0000-0000-0000000000aa'
export const group = 'prod'
export const location = 'westeurope'

export interface SdkFixture {
  readonly simulator: ArmSimulator
  readonly client: NetworkManagementClient
  /** Without SDK: whatever JSON one likes. */
  readonly wire: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<WireAnswer>
  close(): Promise<void>
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** The simulator behind a socket with TLS, and the SDK as its users set it up, but for retries and time. */
export async function startSdkFixture(options: ArmSimulatorOptions = {}): Promise<SdkFixture> {
  const simulator = createArmSimulator(options)
  const tls = selfSigned('arm')
  const server = await serve(simulator, { tls })
  const client = new NetworkManagementClient(
    { getToken: () => Promise.resolve({ token: 'sdk', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    subscription,
    { endpoint: server.url, tlsOptions: { ca: tls.cert }, retryOptions: { maxRetries: 0 } },
  )
  return {
    simulator,
    client,
    // eslint-disable-next-line @typescript-eslint/require-await -- the handler answers at once, callers wait as for a socket
    async wire(method, path, body, headers = {}) {
      const reply = simulator.handle(
        {
          method,
          target: path,
          headers: { authorization: 'Bearer wire', host: 'management.azure.com', ...headers },
          body: body === undefined ? '' : JSON.stringify(body),
        },
        Date.now(),
      )
      if (reply.kind !== 'response') throw new Error(`no answer, but a ${reply.kind}`)
      return {
        status: reply.status,
        headers: reply.headers,
        body: reply.body === '' ? undefined : (JSON.parse(reply.body) as unknown),
      }
    },
    close: () => server.close(),
  }
}

export const networkPath = (type: string, name: string, version = '2026-01-01'): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/${type}/${name}?api-version=${version}`

/** A network of both families with the subnet `nodes`; returns the subnet's id. */
export async function makeNetwork(client: NetworkManagementClient, table?: string): Promise<string> {
  await client.virtualNetworks.createOrUpdate(
    group,
    'net',
    { location, addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:10::/48'] } },
    { updateIntervalInMs: 1 },
  )
  const subnet = await client.subnets.createOrUpdate(
    group,
    'net',
    'nodes',
    {
      addressPrefixes: ['10.0.1.0/24', 'fd00:10::/64'],
      ...(table !== undefined && { routeTable: { id: table } }),
    },
    { updateIntervalInMs: 1 },
  )
  return subnet.id ?? ''
}

/** Of all pages. */
export async function all<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = []
  for await (const item of pages) items.push(item)
  return items
}
