import type { DestinationKey } from './ledger/record.ts'

/** One thing to look at. The queue holds each at most once, and nobody works at one twice at a time. */
export type WorkKey = 'tables' | 'targets' | `table ${string}` | `route ${DestinationKey}` | `node ${string}`

export type Work =
  /** Which tables are there? */
  | { readonly kind: 'tables' }
  /** What do the nodes' instances look like now? */
  | { readonly kind: 'targets' }
  | { readonly kind: 'table'; readonly id: string }
  | { readonly kind: 'route'; readonly destination: DestinationKey }
  | { readonly kind: 'node'; readonly name: string }

export function workOf(key: WorkKey): Work {
  if (key === 'tables' || key === 'targets') return { kind: key }
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
