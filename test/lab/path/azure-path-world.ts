import { systemClock } from '../../../kube/clock.ts'
import { explainAzureWay } from '../../../providers/azure/path/explain-way.ts'
import { ampleBudget } from '../../conformance/ample-budget.ts'
import {
  type SimulatedAzure,
  armOver,
  createSimulatedAzure,
  group,
  subscription,
} from '../../conformance/simulated-azure.ts'
import { objectAt } from '../../simulators/kubernetes/json.ts'
import { readVnet } from '../azure/read-vnet.ts'
import { vnetFabric } from '../azure/vnet-rules.ts'
import { RestClient } from '../rest-client.ts'
import { podRanges } from '../testing/sample-pods.ts'
import { Stage } from '../testing/stage.ts'
import {
  type MachineName,
  type NodeName,
  PathNodes,
  machineNames,
  nodeNames,
  pathMachines,
} from './path-nodes.ts'

const base = `/subscriptions/${subscription}/resourcegroups/${group}`
const network = `${base}/providers/microsoft.network`
const location = 'westeurope'

interface Placed {
  readonly providerID: string
  readonly addresses: { readonly 4: string; readonly 6: string }
  readonly nic: string
}

/**
 * A virtual network of Azure that is made by API calls and carries packets: nodes `a1` and `b1` and `db`, which is no node,
 * each in a subnet of its own with a table of its own.
 */
export class AzurePathWorld {
  readonly nodes: PathNodes
  readonly placed: Readonly<Record<MachineName, Placed>>
  readonly #azure: SimulatedAzure
  readonly #rest: RestClient
  readonly #stage: Stage

  private constructor(parts: {
    nodes: PathNodes
    placed: AzurePathWorld['placed']
    azure: SimulatedAzure
    rest: RestClient
    stage: Stage
  }) {
    this.nodes = parts.nodes
    this.placed = parts.placed
    this.#azure = parts.azure
    this.#rest = parts.rest
    this.#stage = parts.stage
  }

  static async create(name: string): Promise<AzurePathWorld> {
    const azure = await createSimulatedAzure()
    const rest = new RestClient({ url: azure.url, token: 'LAB' })
    const placed = {
      a1: place(azure, 'a1'),
      b1: place(azure, 'b1'),
      db: place(azure, 'db'),
    }
    for (const table of nodeNames)
      for (const to of nodeNames)
        for (const family of [4, 6] as const) putRoute(azure, table, to, family, placed[to].addresses[family])
    const stage = await Stage.create(
      name,
      vnetFabric(await readVnet(rest, base, 'net')),
      pathMachines((machine) => ({ port: placed[machine].nic, addresses: placed[machine].addresses })),
    )
    const explainWay = explainAzureWay({
      arm: { api: armOver(azure.url), budget: ampleBudget() },
      clock: systemClock,
      nodeGroups: [base],
      network: undefined,
      attempt: (work) => work(),
    })
    const providerIDs = { a1: placed.a1.providerID, b1: placed.b1.providerID }
    const nodes = await PathNodes.start({ stage, providerIDs, explainWay })
    return new AzurePathWorld({ nodes, placed, azure, rest, stage })
  }

  /** Lets packets follow what the API says now. */
  async sync(): Promise<void> {
    await this.#stage.fabric.apply(vnetFabric(await readVnet(this.#rest, base, 'net')))
  }

  /** In the table of a subnet, to a node's pods. @param hop an address, or a type of next hop */
  route(
    table: MachineName,
    to: NodeName,
    family: 4 | 6,
    hop = this.placed[to].addresses[family],
    range?: string,
  ): void {
    putRoute(this.#azure, table, to, family, hop, range)
  }

  /** @param name that of the range, if it is not all of the node's pods */
  unroute(table: MachineName, to: NodeName, family: 4 | 6, range?: string): void {
    this.#azure.send('DELETE', routeId(table, to, family, range))
  }

  /** Associates a subnet with its table, or takes it away. */
  associate(machine: MachineName, isAssociated: boolean): void {
    putSubnet(this.#azure, machine, isAssociated)
  }

  forward(machine: NodeName, enableIPForwarding: boolean): void {
    const { nic } = this.placed[machine]
    const now = objectAt(this.#azure.send('GET', nic))
    const properties = { ...objectAt(now, 'properties'), enableIPForwarding }
    this.#azure.send('PUT', nic, { ...now, properties })
  }

  power(machine: NodeName, state: 'running' | 'deallocated'): void {
    const { providerID } = this.placed[machine]
    this.#azure.simulator.machines.power(providerID.slice('azure://'.length), state)
  }

  async close(): Promise<void> {
    await this.nodes.close()
    await this.#stage.close()
    await this.#rest.close()
    await this.#azure.close()
  }
}

const tableId = (name: MachineName): string => `${network}/routetables/${name}`
const subnetId = (name: MachineName): string => `${network}/virtualnetworks/net/subnets/${name}`
const rangeOf = (node: NodeName, family: 4 | 6): string => podRanges(node)[family === 4 ? 0 : 1]

const routeId = (table: MachineName, to: NodeName, family: 4 | 6, range = rangeOf(to, family)): string =>
  `${tableId(table)}/routes/${range.replaceAll(/[:/]/g, '-')}`

function putRoute(
  azure: SimulatedAzure,
  table: MachineName,
  to: NodeName,
  family: 4 | 6,
  hop: string,
  range = rangeOf(to, family),
): void {
  const next = /[.:]/.test(hop)
    ? { nextHopType: 'VirtualAppliance', nextHopIpAddress: hop }
    : { nextHopType: hop }
  azure.send('PUT', routeId(table, to, family, range), { properties: { addressPrefix: range, ...next } })
}

function putSubnet(azure: SimulatedAzure, name: MachineName, isAssociated: boolean): void {
  const number = machineNames.indexOf(name) + 33
  const addressPrefixes = [`10.0.${number}.0/24`, `fd00:10:0:${number}::/64`]
  const routeTable = isAssociated ? { routeTable: { id: tableId(name) } } : {}
  azure.send('PUT', subnetId(name), { properties: { addressPrefixes, ...routeTable } })
}

function place(azure: SimulatedAzure, name: MachineName): Placed {
  azure.send('PUT', tableId(name), { location, properties: {} })
  putSubnet(azure, name, true)
  const { target, target6, view } = azure.addMachine(name, undefined, {
    subnet: subnetId(name),
    forwards: name !== 'db',
  })
  const addresses = { 4: target.id, 6: target6?.id ?? '' }
  return {
    addresses,
    nic: `${network}/networkinterfaces/${name}-nic`,
    providerID: view.providerID,
  }
}
