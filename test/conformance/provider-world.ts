import type { Cidr } from '../../net/cidr.ts'
import type { NodeView, RouteProvider } from '../../providers/provider.ts'
import type { Route, Table, Target } from '../../providers/route.ts'

/**
 * A cloud of its own for one test, and what happens in it besides the provider. Everything here takes effect before the
 * promise resolves; where the cloud needs time, the world waits.
 */
export interface ProviderWorld {
  readonly provider: RouteProvider
  /** Whether the cloud says of a route that its machine is gone. True unless told. */
  readonly showsBlackholes?: boolean
  /** A table of the cluster. `name` is unique in the world. */
  addTable(name: string): Promise<Table>
  removeTable(table: Table): Promise<void>
  /** From now on packets of the nodes' network follow the table. Returns the ranges of that network. */
  serve(table: Table): Promise<readonly Cidr[]>
  /** A running instance, with addresses of every family that the provider has, and not yet prepared. */
  addNode(name: string): Promise<WorldNode>
  /** The node's instance is terminated. */
  terminate(node: WorldNode): Promise<void>
  /** A provider ID as the cloud writes them, of an instance that never was. */
  unknownProviderID(): string
  /** Someone else makes a route, to something that is no node where the cloud has such targets. */
  addForeignRoute(table: Table, destination: Cidr): Promise<Route>
  /** Someone else makes the destination lead to that node, over what is there. */
  stealRoute(table: Table, destination: Cidr, node: WorldNode): Promise<void>
  /** Whether packets that are not addressed to the node's target pass through it. */
  forwards(node: WorldNode): Promise<boolean>
  /** How many writes the provider has sent so far, refused ones too. */
  writes(): number
  /** The next call of that kind gets this answer. */
  failNext(call: FailingCall, failure: Failure): void
  close(): Promise<void>
}

export interface WorldNode {
  readonly view: NodeView & { readonly providerID: string }
  /** What its routes point at. */
  readonly target: Target
  /** What those to IPv6 destinations point at, where that is something else. */
  readonly target6?: Target
}

export type FailingCall = 'create' | 'replace' | 'delete' | 'list'

/** `lost`: the write is carried out, and the answer never arrives. */
export type Failure = 'throttled' | 'unauthorized' | 'quota' | 'lost'
