import type { DestinationKey } from './ledger/record.ts'

/** One thing to look at. The queue holds each at most once, and nobody works at one twice at a time. */
export type WorkKey =
  'tables' | 'targets' | 'pod-network' | `table ${string}` | `route ${DestinationKey}` | `node ${string}`

export type Work =
  /** Which tables are there? */
  | { readonly kind: 'tables' }
  /** What do the nodes' instances look like now? */
  | { readonly kind: 'targets' }
  /** Is what is published of the network still so? */
  | { readonly kind: 'pod-network' }
  | { readonly kind: 'table'; readonly id: string }
  | { readonly kind: 'route'; readonly destination: DestinationKey }
  | { readonly kind: 'node'; readonly name: string }

/**
 * What goes first: one reading serves all routes, and a cloud's writes are scarce, while there are as many Nodes to look at
 * as there are Nodes. With thousands of new ones, the first routes are written while the last podCIDRs are yet to be given.
 */
export function rankOf(key: WorkKey): number {
  switch (workOf(key).kind) {
    case 'tables':
    case 'table':
    case 'targets':
      return 0
    case 'route':
      return 1
    case 'node':
    case 'pod-network':
      return 2
  }
}

export function workOf(key: WorkKey): Work {
  if (key === 'tables' || key === 'targets' || key === 'pod-network') return { kind: key }
  const space = key.indexOf(' ')
  const rest = key.slice(space + 1)
  // What stands before the space is one of three words, by the type.
  const kind = key.slice(0, space) as 'table' | 'route' | 'node'
  switch (kind) {
    case 'table':
      return { kind, id: rest }
    case 'route':
      return { kind, destination: rest }
    case 'node':
      return { kind, name: rest }
  }
}
