import type { OpenProvider, ProviderConfig } from '../../cli/open-provider.ts'
import type { Happening } from './journal.ts'
import type { Link } from './world/link.ts'

/** A machine that a node runs on. */
export interface Machine {
  readonly providerID: string
  readonly address: string
  /** What a route to it points at. */
  readonly target: string
}

/** What a cloud's API does wrong. */
export type CloudFault =
  /** Refused, since the account asks too much. */
  | { readonly kind: 'throttled' }
  /** A server's fault: it says nothing of what was done, and nothing was. */
  | { readonly kind: 'server-error' }
  /** The connection is cut, or hangs until the client gives up, before or after the work was done. */
  | { readonly kind: 'cut-before' | 'cut-after' | 'hang-before' | 'hang-after' }
  /** A reading tells what was so this long ago. */
  | { readonly kind: 'stale'; readonly ms: number }

/** What of a world is one cloud's own. Everybody but podway acts by it, at once and without faults. */
export interface ChaosCloud {
  readonly clusterName: string
  addTable(): string
  /** The cluster has it no more; it stays, and so does what it holds. */
  dropTable(table: string): void
  launch(): Machine
  stop(machine: Machine): void
  start(machine: Machine): void
  terminate(machine: Machine): void
  /** False if there is none. */
  deleteRoute(table: string, destination: string): boolean
  changeRoute(table: string, destination: string, machine: Machine): boolean
  /** To something that is no machine of the cluster, or to the machine. False if there is a route to the destination. */
  addForeignRoute(table: string, destination: string, machine?: Machine): boolean
  /** What the table holds but its local routes: `destination target`, sorted. */
  routes(table: string): readonly string[]
  /** The next so many calls, of one kind or all. */
  inject(fault: CloudFault, calls: number, which: 'reads' | 'writes' | 'all'): void
  calm(): void
  /** A provider as the program makes it, whose requests travel over the link. */
  open(config: ProviderConfig, link: Link): Promise<OpenProvider>
  /** The documented buckets, by action. */
  bucket(action: string): { readonly capacity: number; readonly refill: number }
}

/** Where a cloud puts down what happens. */
export type Note = (by: string, happening: Happening, line?: string) => void
