import { expect, test } from 'vitest'
import { createPermissionBook } from './permissions.ts'
import { createResourceManager } from './resource-manager.ts'
import { createGceSimulator } from './gce-simulator.ts'
import { NETWORK, NOW, PROJECT, REGION, buildWorld, jsonOf, verdict, wireRequest } from './sdk-fixture.ts'

const open = () => {
  const simulator = createGceSimulator({ rates: 'off' })
  buildWorld(simulator)
  const get = (path: string) => simulator.handle(wireRequest('GET', path), NOW)
  return { simulator, get }
}
const peeringRoutes = (direction: string, network = 'prod', peering = 'to-other'): string =>
  `/global/networks/${network}/listPeeringRoutes?peeringName=${peering}&region=${REGION}&direction=${direction}`

test('a peering exchanges subnets always, static routes by agreement, those with tags and to the Internet never', () => {
  const { get, simulator } = open()
  const third = simulator.estate.addNetwork(PROJECT, 'third')
  simulator.estate.peer(NETWORK, third, { customRoutes: true })
  const insert = (name: string, destRange: string, more: object): string =>
    verdict(
      simulator.handle(
        wireRequest('POST', '/global/routes', { name, network: NETWORK, destRange, ...more }),
        NOW,
      ),
    )
  const instance = { nextHopInstance: `projects/${PROJECT}/zones/europe-west1-b/instances/a` }
  expect(insert('plain', '10.244.1.0/24', instance)).toBe('200')
  expect(insert('tagged', '10.244.2.0/24', { ...instance, tags: ['x'] })).toBe('200')
  expect(insert('way-out', '0.0.0.0/0', { nextHopGateway: 'global/gateways/default-internet-gateway' })).toBe(
    '200',
  )
  const listed = (path: string) => {
    const { items = [] } = jsonOf(get(path)) as {
      readonly items?: readonly { readonly destRange: string; readonly type: string }[]
    }
    return items.map(({ destRange, type }) => `${type} ${destRange}`)
  }
  const ofProd = ['10.0.0.0/24', '10.64.0.0/16', '10.8.0.0/16', 'fd20::/64'].map(
    (range) => `SUBNET_PEERING_ROUTE ${range}`,
  )
  expect(listed(peeringRoutes('INCOMING', 'third', 'to-prod'))).toEqual(
    expect.arrayContaining([...ofProd, 'STATIC_PEERING_ROUTE 10.244.1.0/24']),
  )
  expect(listed(peeringRoutes('OUTGOING', 'prod', 'to-third'))).toHaveLength(5)
  expect(listed(peeringRoutes('OUTGOING'))).toHaveLength(4)
  expect(listed(peeringRoutes('INCOMING'))).toEqual(['SUBNET_PEERING_ROUTE 10.9.0.0/16'])
})

test.each([
  [peeringRoutes('SIDEWAYS'), '400 invalid'],
  [peeringRoutes('INCOMING', 'prod', 'to-nobody'), '404 notFound'],
  [peeringRoutes('INCOMING').replace(REGION, 'mars'), '404 notFound'],
  [peeringRoutes('INCOMING').replace(/&region=[^&]*/, ''), '400 required'],
  [`${peeringRoutes('INCOMING')}&filter=x`, '400 invalid'],
])('%s: %s', (path, expected) => {
  expect(verdict(open().get(path))).toBe(expected)
})

test('a permission that is missing, in one project or in all', () => {
  const { get, simulator } = open()
  const back = simulator.permissions.deny('compute.networks.get', PROJECT)
  expect(verdict(get('/global/networks/prod'))).toBe('403 forbidden')
  expect(simulator.calls.at(-1)).toMatchObject({ executed: false, reason: 'forbidden' })
  expect(verdict(get('/global/networks'))).toBe('200')
  back()
  simulator.permissions.deny('compute.networks.get', 'other-1')
  expect(verdict(get('/global/networks/prod'))).toBe('200')
})

test('which permissions somebody has', () => {
  const book = createPermissionBook()
  book.deny('compute.routes.create')
  const manager = createResourceManager(book, [PROJECT])
  const ask = (permissions: unknown, project = PROJECT, authorization = 'Bearer x') => {
    const reply = manager.handle(
      {
        method: 'POST',
        target: `/v1/projects/${project}:testIamPermissions`,
        headers: { authorization },
        body: JSON.stringify({ permissions }),
      },
      NOW,
    )
    return reply.kind === 'response' ? [reply.status, JSON.parse(reply.body) as unknown] : []
  }
  const both = ['compute.routes.create', 'compute.routes.delete']
  expect(ask(both)).toEqual([200, { permissions: ['compute.routes.delete'] }])
  expect(ask(['compute.routes.create'])).toEqual([200, {}])
  expect(ask(['compute.routes.*'])[0]).toBe(400)
  expect(ask([])[0]).toBe(400)
  expect(ask(both, 'nobodys')[0]).toBe(403)
  expect(ask(both, PROJECT, '')[0]).toBe(401)
  manager.refuse({ status: 403, rpcStatus: 'PERMISSION_DENIED', message: 'scopes', reason: 'SCOPE' })
  expect(ask(both)).toMatchObject([403, { error: { message: 'scopes', details: [{ reason: 'SCOPE' }] } }])
  expect(manager.calls[0]).toEqual({
    request: `POST /v1/projects/${PROJECT}:testIamPermissions`,
    permissions: both,
  })
})
