import type { OpenProvider, ProviderConfig } from '../../cli/open-provider.ts'
import type { Happening, Targets } from './journal.ts'
import type { Bucket } from './checker/budget.ts'
import type { Link } from './world/link.ts'

/** A machine that a node runs on. */
export interface Machine {
  readonly providerID: string
  readonly address: string
  readonly targets: Targets
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
  /** A write is taken on, and what goes on behind it ends badly. */
  | { readonly kind: 'late-failure' }
  /** Refused, since something else is under way there. */
  | { readonly kind: 'busy' }
  /** It takes that long. */
  | { readonly kind: 'slow-operation'; readonly ms: number }

/** Which of two routes packets follow: the new one, both, or the old one. */
export type Rank = 'better' | 'same' | 'worse'

/** What of a world is one cloud's own. Everybody but podway acts by it, at once and without faults. */
export interface ChaosCloud {
  readonly clusterName: string
  /** Undefined where the cluster's tables are said once, when its controllers are installed. */
  addTable(): string | undefined
  /** The cluster has it no more; it stays, and so does what it holds. False if that can't be. */
  dropTable(table: string): boolean
  launch(): Machine
  stop(machine: Machine): void
  start(machine: Machine): void
  terminate(machine: Machine): void
  /** Another one of the same name, without what was given to this one. */
  recreate?(machine: Machine): void
  /** False if there is none. */
  deleteRoute(table: string, destination: string): boolean
  /** Where a route can't be changed, one is made in its place. False if there is none. */
  changeRoute(table: string, destination: string, machine: Machine): 'changed' | 'replaced' | false
  /** To something that is no machine of the cluster, or to the machine. False if there is a route to the destination. */
  addForeignRoute(table: string, destination: string, machine?: Machine): boolean
  /** Beside the one that is there, as far as packets are concerned. False if there is none. */
  addRival?(table: string, destination: string, rank: Rank, machine: Machine): boolean
  /** Somebody changes what is no route in it. */
  editTable?(table: string): void
  /** The fullest table takes only so many more routes from now on, and no other takes more than that one; all they ever took without. */
  limitRoutes(room?: number): void
  /** What the table holds but its local routes: `destination target`, sorted. */
  routes(table: string): readonly string[]
  /** The next so many calls, of one kind or all. */
  inject(fault: CloudFault, calls: number, which: 'reads' | 'writes' | 'all'): void
  calm(): void
  /** A provider as the program makes it, whose requests travel over the link. */
  open(config: ProviderConfig, link: Link): Promise<OpenProvider>
  /** The documented buckets, by action. */
  bucket(action: string): Bucket
}

/** Where a cloud puts down what happens. */
export type Note = (by: string, happening: Happening, line?: string) => void
