import tls from 'node:tls'
import { systemClock } from '../../kube/clock.ts'
import { selfSigned } from '../../kube/testing/self-signed.ts'
import { parseAddress } from '../../net/address.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import { type AzureProviderOptions, azureProvider } from '../../providers/azure/azure-provider.ts'
import { createArmClient } from '../../providers/azure/client.ts'
import { groupId, tableId } from '../../providers/azure/resource-ids.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { Table } from '../../providers/route.ts'
import {
  type ArmSimulator,
  type ArmSimulatorOptions,
  createArmSimulator,
} from '../simulators/arm/arm-simulator.ts'
import type { Call } from '../simulators/arm/call-log.ts'
import type { Machine, NewMachine } from '../simulators/arm/machines.ts'
import { serve } from '../simulators/http-server.ts'
import { listAt, textAt, valueAt, type Json } from '../simulators/kubernetes/json.ts'
import { ampleBudget } from './ample-budget.ts'
import { faultOf, operationOf } from './azure-failures.ts'
import type { ProviderWorld, WorldNode } from './provider-world.ts'

/** The conformance world, and what a test of Azure's own rules needs besides. */
export interface SimulatedAzure extends ProviderWorld {
  readonly simulator: ArmSimulator
  /** `https://127.0.0.1:…` */
  readonly url: string
  readonly clusterName: string
  readonly nodeSubnet: string
  /** As anybody but podway, by the network's version of the API unless told. @throws Error if it is refused */
  send(method: string, id: string, body?: unknown, version?: string): Json
  /** Another one beside the world's own, with the same client and cluster. */
  providerWith(options: Partial<AzureProviderOptions>): RouteProvider
  addMachine(
    name: string,
    scaleSet?: NewMachine['scaleSet'],
    /** What is otherwise than that it has addresses of both families in the nodes' subnet, and does not forward. */
    more?: Partial<NewMachine>,
  ): WorldNode
  /** What podway has asked so far. */
  calls(): readonly Call[]
}

export const subscription = '00000000-0000-0000-0000-0000000000aa'
export const group = 'prod'
/** The bearer token of the provider's client; everybody else has another one. */
export const podwayToken = 'PODWAY'

const identity = selfSigned('arm')
let isTrusted = false

/** The authority counts as the system's do. */
export function trustSimulator(): void {
  if (!isTrusted) tls.setDefaultCACertificates([...tls.getCACertificates('default'), identity.cert])
  isTrusted = true
}

export const armOver = (url: string, token = podwayToken) =>
  createArmClient({
    endpoint: url,
    credential: { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
  })

/** The Azure provider before a strict ARM simulator of its own, over TLS. */
export async function createSimulatedAzure(options: ArmSimulatorOptions = {}): Promise<SimulatedAzure> {
  trustSimulator()
  const simulator = createArmSimulator({ throttling: 'off', ...options })
  const server = await serve(simulator, { tls: identity })
  const arm = armOver(server.url)
  const clusterName = `conformance-${crypto.randomUUID()}`
  const base = groupId(subscription, group)
  const network = `${base}/providers/Microsoft.Network/virtualNetworks/net`
  const nodeSubnet = `${network}/subnets/nodes`

  function send(method: string, id: string, body?: unknown, version = '2026-01-01'): Json {
    const reply = simulator.handle(
      {
        method,
        target: `${id}?api-version=${version}`,
        headers: { authorization: 'Bearer OTHERS', host: 'management.azure.com' },
        body: body === undefined ? '' : JSON.stringify(body),
      },
      Date.now(),
    )
    if (reply.kind !== 'response' || reply.status >= 300)
      throw new Error(`${method} ${id}: ${reply.kind === 'response' ? reply.body : reply.kind}`)
    return reply.body === '' ? null : (JSON.parse(reply.body) as Json)
  }

  send('PUT', network, {
    location,
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:10::/48'] } },
  })
  const addressPrefixes = ['10.0.0.0/20', 'fd00:10::/64']
  send('PUT', nodeSubnet, { properties: { addressPrefixes } })

  // Nothing that the world does takes time.
  const providerWith = (wanted: Partial<AzureProviderOptions>): RouteProvider =>
    azureProvider({
      arm,
      budget: ampleBudget(),
      clock: systemClock,
      clusterName,
      tableGroups: [base],
      nodeGroups: [base],
      effectiveMs: 0,
      polling: { firstMs: 1, mostMs: 20, untilMs: 10_000 },
      ...wanted,
    })

  function addMachine(
    name: string,
    scaleSet?: NewMachine['scaleSet'],
    more: Partial<NewMachine> = {},
  ): WorldNode {
    const machine = simulator.machines.add({
      subscription,
      group,
      name,
      subnet: nodeSubnet,
      families: [4, 6],
      ...(scaleSet !== undefined && { scaleSet }),
      ...more,
    })
    return nodeOf(name, machine, sendInterface(machine))
  }

  const sendInterface = ({ interfaceId }: Machine): Json =>
    interfaceId.includes('virtualMachineScaleSets')
      ? readInterface(simulator, interfaceId)
      : send('GET', interfaceId)

  const machineOf = (node: WorldNode): string => node.view.providerID.slice('azure://'.length)
  const calls = (): readonly Call[] => simulator.calls.filter(({ token }) => token === podwayToken)

  return {
    simulator,
    url: server.url,
    clusterName,
    nodeSubnet,
    provider: providerWith({}),
    providerWith,
    showsBlackholes: false,
    async serve(table) {
      const properties = { addressPrefixes, routeTable: { id: table.id } }
      send('PUT', nodeSubnet, { properties })
      return Promise.resolve(addressPrefixes.map(parseCidr))
    },
    send,
    addMachine,
    calls,
    async addTable(name): Promise<Table> {
      const id = tableId(base, name)
      const tags = { [`kubernetes.io_cluster_${clusterName}`]: 'shared' }
      send('PUT', id, { location, tags, properties: { disableBgpRoutePropagation: true } })
      return Promise.resolve({ id, name })
    },
    async removeTable(table) {
      send('DELETE', table.id)
      return Promise.resolve()
    },
    addNode: (name) => Promise.resolve(addMachine(name)),
    async terminate(node) {
      simulator.machines.terminate(machineOf(node))
      return Promise.resolve()
    },
    unknownProviderID: () => `azure://${base}/providers/Microsoft.Compute/virtualMachines/never`,
    async addForeignRoute(table, destination) {
      const properties = { addressPrefix: formatCidr(destination), nextHopType: 'Internet' }
      send(
        'PUT',
        `${table.id}/routes/${routeOf(table, destination) ?? `by-hand-${simulator.calls.length}`}`,
        { properties },
      )
      return Promise.resolve({ destination, target: { kind: 'other', id: 'Internet' } })
    },
    async stealRoute(table, destination, { target }) {
      const properties = {
        addressPrefix: formatCidr(destination),
        nextHopType: 'VirtualAppliance',
        nextHopIpAddress: target.id,
      }
      send('PUT', `${table.id}/routes/${routeOf(table, destination) ?? 'stolen'}`, { properties })
      return Promise.resolve()
    },
    async forwards(node) {
      const machine = machineOf(node)
      const id = `${base}/providers/Microsoft.Network/networkInterfaces/${machine.split('/').at(-1) ?? ''}-nic`
      const document = machine.includes('virtualMachineScaleSets')
        ? readInterface(simulator, `${machine}/networkInterfaces/${machine.split('/').at(-1) ?? ''}-nic`)
        : send('GET', id)
      return Promise.resolve(valueAt(document, 'properties', 'enableIPForwarding') === true)
    },
    writes: () => calls().filter(({ method }) => method === 'PUT').length,
    failNext(call, failure) {
      simulator.faults.inject({ operation: operationOf[call], fault: faultOf[failure] })
    },
    close: () => server.close(),
  }

  /** The name of the route that has the destination. */
  function routeOf(table: Table, destination: Cidr): string | undefined {
    const routes = listAt(send('GET', table.id), 'properties', 'routes')
    const found = routes.find(
      (route) => textAt(route, 'properties', 'addressPrefix') === formatCidr(destination),
    )
    return found === undefined ? undefined : textAt(found, 'name')
  }
}

const location = 'westeurope'

function readInterface(simulator: ArmSimulator, id: string): Json {
  const reply = simulator.handle(
    {
      method: 'GET',
      target: `${id}?api-version=2018-10-01`,
      headers: { authorization: 'Bearer OTHERS' },
      body: '',
    },
    Date.now(),
  )
  return reply.kind === 'response' ? (JSON.parse(reply.body) as Json) : null
}

function nodeOf(name: string, { id }: Machine, document: Json): WorldNode {
  const texts = listAt(document, 'properties', 'ipConfigurations').map((one) =>
    textAt(one, 'properties', 'privateIPAddress'),
  )
  const [v4 = '', v6 = ''] = texts
  return {
    target: { kind: 'address', id: v4 },
    target6: { kind: 'address', id: v6 },
    view: { name, providerID: `azure://${id}`, addresses: texts.map(parseAddress) },
  }
}
