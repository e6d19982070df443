import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownPlace } from '../../../../agent/path/own-place.ts'
import type { PathFacts } from '../../../../agent/path/path-facts.ts'
import { PathEndpoint } from '../../../../agent/path/path-endpoint.ts'
import type { Parameters } from '../../../../cni/serve/protocol.ts'
import type { Node } from '../../../../kube/objects.ts'
import { serveStatus } from '../../../status-server.ts'
import { type Ended, runMain } from '../../../testing/run-main.ts'
import { agentLabel } from '../agent-proxy.ts'
import { coming, leaving } from './made-facts.ts'

const meta = (name: string, namespace?: string) => ({
  name,
  uid: name,
  resourceVersion: '1',
  ...(namespace === undefined ? {} : { namespace }),
})

const node = (name: string, address: string, range: string): Node => ({
  metadata: meta(name),
  spec: { podCIDRs: [range] },
  status: { addresses: [{ type: 'InternalIP', address }] },
})

const pod = (name: string, nodeName: string, ip: string, more: object = {}) => ({
  metadata: meta(name, 'default'),
  spec: { nodeName, ...more },
  status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
})

const agent = (name: string, nodeName: string) => ({
  metadata: { ...meta(name, 'podway-system'), labels: { [agentLabel.name]: agentLabel.value } },
  spec: { nodeName },
  status: { phase: 'Running' },
})

type Question = Parameters<'path.inspect'>

/**
 * An API server, as far as the command asks it, with two Nodes, a pod on each, and agents that answer on sockets of their
 * own, to which it passes on what is asked of `pods/proxy`.
 */
export async function openPathApi() {
  const nodes = [node('node-a', '10.0.1.10', '10.244.1.0/24'), node('node-b', '10.0.2.10', '10.244.3.0/24')]
  const world = {
    pods: [pod('web', 'node-a', '10.244.1.2'), pod('db', 'node-b', '10.244.3.2')] as object[],
    agents: [agent('agent-a', 'node-a'), agent('agent-b', 'node-b')] as object[],
    services: [] as object[],
    /** Paths that are forbidden. */
    forbidden: /^$/,
    /** What machines say, in place of what they would if all were well. */
    said: {} as Partial<Record<'node-a' | 'node-b', (question: Question) => PathFacts>>,
    asked: [] as (Question & { readonly node: string })[],
  }
  const agents = await Promise.all(
    nodes.map(async (own) => {
      const paths = new PathEndpoint()
      const name = own.metadata.name as 'node-a' | 'node-b'
      paths.watch({
        node: () => ownPlace(own),
        inspect: (question) => {
          world.asked.push({ ...question, node: name })
          const say = world.said[name] ?? ((one) => saidByWell(own, one))
          return Promise.resolve(say(question))
        },
      })
      return serveStatus(
        'test',
        { host: '127.0.0.1', port: 0, text: '' },
        {
          faults: () => [],
          missing: () => [],
          metrics: () => Promise.resolve(''),
          path: (query) => paths.answer(query),
        },
      )
    }),
  )

  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      ({ body, status }) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(body)
      },
      (error: unknown) => response.destroy(error as Error),
    )
  })
  const answer = async (url: string): Promise<{ status: number; body: string }> => {
    const [path = '', query = ''] = url.split('?')
    const list = (items: readonly object[]) => ({ status: 200, body: JSON.stringify({ items }) })
    if (world.forbidden.test(path)) {
      const status = {
        kind: 'Status',
        status: 'Failure',
        reason: 'Forbidden',
        message: `may not get ${path}`,
        code: 403,
      }
      return { status: 403, body: JSON.stringify(status) }
    }
    const proxied = /\/pods\/agent-([ab]):10278\/proxy(\/path)$/.exec(path)
    if (proxied !== null) {
      const port = agents[proxied[1] === 'a' ? 0 : 1]?.port ?? 0
      const reply = await fetch(`http://127.0.0.1:${port}${proxied[2] ?? ''}?${query}`)
      return { status: reply.status, body: await reply.text() }
    }
    if (path === '/api/v1/nodes') return list(nodes)
    if (path === '/api/v1/services') return list(world.services)
    if (path === '/api/v1/namespaces/podway-system/pods') return list(world.agents)
    const name = /^\/api\/v1\/namespaces\/default\/pods\/([^/]+)$/.exec(path)?.[1]
    const found = world.pods.find((one) => (one as { metadata: { name: string } }).metadata.name === name)
    if (found !== undefined) return { status: 200, body: JSON.stringify(found) }
    const status = { kind: 'Status', status: 'Failure', reason: 'NotFound', message: 'not found', code: 404 }
    return { status: 404, body: JSON.stringify(status) }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = await mkdtemp(join(tmpdir(), 'podway-path-'))
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, kubeconfigFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))

  return {
    world,
    pod,
    run: (...flags: readonly string[]): Promise<Ended> =>
      runMain(['doctor', 'path', '--kubeconfig', kubeconfig, ...flags]),
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await Promise.all(agents.map((one) => one.close()))
      await rm(folder, { recursive: true })
    },
  }
}

/** By where the packet comes from. */
function saidByWell(own: Node, { destination, source }: Question): PathFacts {
  const prefix = own.spec.podCIDRs?.[0]?.replace(/0\/24$/, '') ?? ''
  return source.startsWith(prefix) ? leaving(source) : coming(destination)
}

const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  })
