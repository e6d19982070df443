import type { ChainRound } from './chain-play.ts'
import type { Difference } from './facts.ts'

/** Something that our plugins do otherwise in a chain than the reference, on purpose. */
export interface ChainDeviation {
  readonly name: string
  readonly reason: string
  /** Whether the difference is a part of it. */
  readonly explains: (difference: Difference, round: ChainRound) => boolean
}

/** All that is allowed to differ in a chain, beside what differs of each of its plugins alone. */
export const chainDeviations: readonly ChainDeviation[] = [
  {
    name: 'a pod that calls a port of a pod beside it keeps its address',
    reason:
      'portmap gives every connection from the pods’ own subnet the node’s address, for on a bridge the answer would not come back by the node. Where the packets go through the node anyway, ours leaves the address: the server sees who calls.',
    explains: ({ fact, ours, theirs }) =>
      /^pod 1 to .*:8080$/.test(fact) && ours === '10.1.2.3' && theirs === '10.1.2.1',
  },
  {
    name: 'a bridge keeps its hardware address',
    reason:
      'Ours gives it one when it is made. That of the reference takes the lowest of its ports, so that it changes with the pods that come and go, and CHECK of those that are there fails.',
    explains: (difference, { verb, type, differences }) =>
      type === 'bridge' &&
      (/^host link br0 mac$/.test(difference.fact) ||
        (verb === 'CHECK' &&
          /^(exit|error\.\w+)$/.test(difference.fact) &&
          difference.ours !== '1' &&
          differences.some(({ theirs }) =>
            (theirs ?? '').startsWith("Bridge interface br0 Mac doesn't match"),
          ))),
  },
]
