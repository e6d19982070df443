import { type Probe, probeText } from './peers.ts'

/** What became of one probe. */
export interface Probed {
  readonly probe: Probe
  /** Milliseconds until there was an answer; undefined: none came, and `why`. */
  readonly ms: number | undefined
  readonly why?: string
}

/** A round of probes: which peers answered, by all families in which they were asked. */
export interface Round {
  readonly asked: number
  /** By name, with the probe that failed. */
  readonly failed: readonly string[]
}

export function roundOf(probed: readonly Probed[]): Round {
  const peers = new Set(probed.map(({ probe }) => probe.peer))
  const failed = new Map<string, string>()
  for (const { ms, probe, why } of probed)
    if (ms === undefined && !failed.has(probe.peer))
      failed.set(probe.peer, `${probeText(probe)}: ${why ?? 'no answer'}`)
  return { asked: peers.size, failed: [...failed.values()] }
}

/** More than half do not answer: then it is us, or the network, and not one of them. */
export const isBad = ({ asked, failed }: Round): boolean => failed.length * 2 > asked

export interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: 'Starting' | 'PeersAnswer' | 'NoPeers' | 'PeersDoNotAnswer'
  readonly message: string
}

/** So many rounds in a row, until it is told: half a minute. */
export const badRounds = 3
/** One that answers by chance is no recovery. */
export const goodRounds = 2

/** What the rounds so far say, without the noise of single ones. A value: each round gives the next one. */
export interface Reachability {
  readonly verdict: Verdict
  /** In a row, of the other kind than the verdict. */
  readonly against: number
}

export const unknownReachability: Reachability = {
  verdict: { status: 'Unknown', reason: 'Starting', message: 'no other node was asked yet' },
  against: 0,
}

/**
 * The first good round is believed at once, for nothing speaks against it. From then on it takes three bad ones in a row
 * to say False and two good ones to say True. With nobody to ask there is nothing that could be out of reach.
 */
export function afterRound({ against, verdict }: Reachability, round: Round): Reachability {
  const bad = isBad(round)
  const next = verdictOf(round, bad)
  if (next.status === verdict.status) return { verdict: steady(verdict, next), against: 0 }
  const needed = bad ? badRounds : verdict.status === 'Unknown' ? 1 : goodRounds
  return against + 1 >= needed ? { verdict: next, against: 0 } : { verdict, against: against + 1 }
}

/** The message follows the reason only: else it would be written anew each round. */
const steady = (before: Verdict, next: Verdict): Verdict => (before.reason === next.reason ? before : next)

function verdictOf({ asked, failed }: Round, bad: boolean): Verdict {
  if (bad)
    return {
      status: 'False',
      reason: 'PeersDoNotAnswer',
      message: `${failed.length} of ${asked} nodes do not answer over the pod network: ${failed.slice(0, 3).join('; ')}`,
    }
  return asked === 0
    ? { status: 'True', reason: 'NoPeers', message: 'there is no other node with an agent to ask' }
    : { status: 'True', reason: 'PeersAnswer', message: 'other nodes answer over the pod network' }
}
