import type { Family } from '../../../net/address.ts'
import type { FabricState } from '../../lab/fabric-state.ts'

/** The subnets: two with nodes, in two zones or regions, and one with a database. */
export type SubnetName = 'a' | 'b' | 'database'

/**
 * A cloud with a network, as the demo uses it: it makes what people and Terraform would make, and looks and meddles by the
 * cloud's API as anybody could. Of podway it knows the flags that it is started with, and how it names what it makes.
 */
export interface DemoCloud {
  /** How the controller finds the cloud, as a user says it. */
  readonly controller: {
    readonly args: readonly string[]
    readonly env: Readonly<Record<string, string>>
  }
  /** From which podway gives podCIDRs; where the cloud gives those of a family, only the other one is there. */
  readonly clusterCidr: string
  /** Where node-3 stands after it was rebuilt: podCIDRs may be a subnet's own. */
  readonly rebuiltIn: SubnetName
  /** Processes that belong to it. */
  readonly pids: readonly number[]
  /** All tables of the network; podway's to write or not. */
  readonly tables: readonly DemoTable[]
  /** Whether machines in the database's subnet follow a table with podway's routes. */
  readonly databaseIsRouted: boolean
  /** The IPv4 ranges that the PodNetwork has to name as native, as it writes them: neighbours are one range. */
  readonly nativeRanges: string

  /** The network as packets find it. */
  readFabric(): Promise<FabricState>
  createInstance(name: string, subnet: SubnetName): Promise<DemoInstance>
  terminate(instance: DemoInstance): Promise<void>
  /** What was written into a table, sorted by destination; without what the network itself has there. */
  routesIn(table: DemoTable): Promise<readonly DemoRoute[]>
  /** Somebody else makes a route to the instance. */
  addForeignRoute(table: DemoTable, destination: string, instance: DemoInstance): Promise<void>
  /** Somebody deletes podway's route. */
  deleteRoute(table: DemoTable, destination: string): Promise<void>
  /** Somebody lets podway's route lead to that instance, or lets that instance have a share of its packets. */
  misdirect(table: DemoTable, destination: string, instance: DemoInstance): Promise<void>
  close(): Promise<void>
}

export interface DemoTable {
  readonly id: string
  /** For people: `subnet a`. */
  readonly name: string
  readonly isPodways: boolean
  /** What podway writes there; both unless told. */
  readonly family?: Family
  /** What leads to an instance goes with it. */
  readonly isOfInstances?: true
}

/** Which of the podCIDRs belong into the table. */
export const belonging = ({ family, isPodways }: DemoTable, podCidrs: readonly string[]): readonly string[] =>
  podCidrs.filter((cidr) => isPodways && (family === undefined || cidr.includes(':') === (family === 6)))

/** For pods, where nothing else is said. */
export const usualClusterCidr = '10.244.0.0/16,fd00:10:244::/48'

export interface DemoRoute {
  readonly destination: string
  /** As the cloud names it. */
  readonly target: string
}

export interface DemoInstance {
  readonly name: string
  readonly providerID: string
  /** Of the fabric, for its cable. */
  readonly portId: string
  readonly addresses: Readonly<Record<Family, string>>
  /** What a route to it names, by the family of its destination. */
  readonly targets: Readonly<Record<Family, string>>
}

/** A value that the cloud's API must have given. */
export function given<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the cloud's API answered without ${what}`)
  return value
}

export const byDestination = (routes: readonly DemoRoute[]): readonly DemoRoute[] =>
  routes.toSorted((one, other) => (one.destination < other.destination ? -1 : 1))
