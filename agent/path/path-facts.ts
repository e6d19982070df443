import type { Result } from '../../cni/serve/protocol.ts'

/** What a node's kernel says about a packet, as the agent hands it on to whoever explains the packet's way. */
export type PathFacts = Result<'path.inspect'>
export type PathLink = NonNullable<PathFacts['entry']>
export type PathEnd = PathFacts['source']
export type PathRoute = NonNullable<PathEnd['route']>
