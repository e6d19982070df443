import type { CloudFault } from '../chaos-cloud.ts'
import { strangeReasons } from '../checker/condition.ts'
import { type Provider, type Traits, traits } from '../provider.ts'
import { Random } from '../world/random.ts'
import type { Deed, KubeFault, Server, Step, Story, Who } from './step.ts'

/** The story of a seed, in a world of that cloud. */
export function makeStory(seed: number, provider: Provider): Story {
  const random = new Random(seed).fork('story')
  const nodes = random.chance(0.15) ? random.integer(14, 22) : random.integer(2, 9)
  const noiseMs = random.integer(60_000, 300_000)
  const teller = new Teller(random, nodes, traits[provider])
  const steps: Step[] = []
  for (let left = random.integer(8, 30); left > 0; left--) {
    // What comes at the same time as something else is what nobody has thought of.
    const near = steps.length > 0 && random.chance(0.4) ? random.pick(steps).atMs : undefined
    const atMs =
      near === undefined ? random.integer(0, noiseMs) : Math.min(noiseMs, near + random.integer(0, 800))
    steps.push({ atMs, ...teller.deed() })
  }
  return {
    seed,
    families: random.chance(0.3) ? 'both' : 'v4',
    tables: random.integer(1, 3),
    nodes,
    share: random.chance(0.2) ? 0.2 : 0.8,
    adopts: random.chance(0.3),
    noiseMs,
    steps: steps.toSorted((a, b) => a.atMs - b.atMs),
  }
}

export const nodeName = (index: number): string => `n${index}`

type Kind = readonly [weight: number, make: () => Deed]

const cloudFaults: readonly ((random: Random) => CloudFault)[] = [
  () => ({ kind: 'throttled' }),
  () => ({ kind: 'server-error' }),
  () => ({ kind: 'cut-before' }),
  () => ({ kind: 'cut-after' }),
  () => ({ kind: 'hang-before' }),
  () => ({ kind: 'hang-after' }),
  (random) => ({ kind: 'stale', ms: random.integer(100, 5_000) }),
]

const operationFaults: typeof cloudFaults = [
  () => ({ kind: 'late-failure' }),
  () => ({ kind: 'late-failure' }),
  () => ({ kind: 'busy' }),
  (random) => ({ kind: 'slow-operation', ms: random.integer(5_000, 60_000) }),
]

class Teller {
  readonly #random: Random
  readonly #nodes: number
  readonly #faults: readonly ((random: Random) => CloudFault)[]
  /** What makes sense in this cloud alone. */
  readonly #own: readonly Kind[]

  constructor(
    random: Random,
    nodes: number,
    { hasOperations, hasRivals, isConditional, isRecreated }: Traits,
  ) {
    this.#random = random
    this.#nodes = nodes
    this.#faults = hasOperations ? [...cloudFaults, ...operationFaults] : cloudFaults
    const rival: Kind = [3, () => this.#rival()]
    const edit: Kind = [3, () => ({ do: 'edit-table', table: this.#table() })]
    const recreate: Kind = [4, () => ({ do: 'recreate', node: this.#node() })]
    this.#own = [
      ...(hasRivals ? [rival] : []),
      ...(isConditional ? [edit] : []),
      ...(isRecreated ? [recreate] : []),
    ]
  }

  deed(): Deed {
    const random = this.#random
    const kinds: readonly Kind[] = [
      [8, () => this.#join()],
      [3, () => ({ do: 'join-as', node: this.#node(), other: this.#node() })],
      [4, () => this.#joinInto()],
      [3, () => this.#rejoin()],
      [8, () => ({ do: 'leave', node: this.#node(), machine: random.pick(['terminated', 'running']) })],
      [1, () => ({ do: 'leave-many', share: random.between(0.4, 1) })],
      [4, () => ({ do: random.pick(['stop', 'start', 'terminate']), node: this.#node() })],
      [6, () => this.#byHand()],
      [4, () => this.#foreign()],
      [3, () => this.#fillUp()],
      [1, () => ({ do: 'delete-foreign-routes' })],
      [1, () => ({ do: 'add-table' })],
      [1, () => ({ do: 'drop-table', table: this.#table() })],
      [10, () => this.#cloudFault()],
      [8, () => this.#kubeFault()],
      [5, () => this.#watches()],
      [2, () => ({ do: 'short-list' })],
      [1, () => ({ do: 'compact' })],
      [3, () => this.#slow()],
      [4, () => this.#cutOff()],
      [4, () => ({ do: 'pause', slot: this.#slot(), forMs: random.integer(1_000, 40_000) })],
      [4, () => ({ do: 'kill', slot: this.#slot(), forMs: random.integer(100, 30_000) })],
      [1, () => ({ do: 'replace-process', slot: this.#slot() })],
      [2, () => ({ do: 'jump', slot: this.#slot(), ms: random.integer(-3_600_000, 3_600_000) })],
      [2, () => ({ do: 'say', node: this.#node(), reason: random.pick(strangeReasons) })],
      [2, () => ({ do: 'heartbeat', node: this.#node() })],
      [2, () => ({ do: 'delete-record', pick: random.next() })],
      [1, () => ({ do: 'release' })],
      ...this.#own,
    ]
    let left = random.next() * kinds.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, make] of kinds) {
      left -= weight
      if (left < 0) return make()
    }
    return this.#join()
  }

  /** One that was there at the start, or may have come since. */
  #node(): string {
    return nodeName(this.#random.integer(1, this.#nodes + 4))
  }

  #slot(): Who {
    return this.#random.pick(['a', 'b', 'leader', 'leader'])
  }

  #server(): Server {
    return this.#random.pick(['kubernetes', 'cloud'])
  }

  #table(): number {
    return this.#random.integer(1, 3)
  }

  #join(): Deed {
    const node = this.#node()
    return this.#random.chance(0.3)
      ? { do: 'join', node, idLaterMs: this.#random.integer(100, 20_000) }
      : { do: 'join', node }
  }

  #joinInto(): Deed {
    const random = this.#random
    return {
      do: 'join-into',
      node: this.#node(),
      table: this.#table(),
      pick: random.next(),
      matches: random.chance(0.5),
      afterMs: random.integer(0, 600),
    }
  }

  #rejoin(): Deed {
    const random = this.#random
    const afterMs = random.chance(0.5) ? random.integer(1, 300) : random.integer(300, 10_000)
    return { do: 'rejoin', node: this.#node(), keeps: random.chance(0.6), afterMs }
  }

  #byHand(): Deed {
    const random = this.#random
    return {
      do: random.pick(['delete-route', 'delete-route', 'change-route', 'take-route']),
      table: this.#table(),
      pick: random.next(),
    }
  }

  #foreign(): Deed {
    const random = this.#random
    return {
      do: 'foreign-route',
      table: this.#table(),
      where: random.pick(['next', 'inside', 'around']),
      pick: random.next(),
    }
  }

  #fillUp(): Deed {
    const random = this.#random
    return { do: 'fill-up', room: random.integer(0, 3), forMs: random.integer(5_000, 200_000) }
  }

  #rival(): Deed {
    const random = this.#random
    return {
      do: 'rival-route',
      table: this.#table(),
      rank: random.pick(['better', 'same', 'worse']),
      pick: random.next(),
    }
  }

  #cloudFault(): Deed {
    const random = this.#random
    const fault = random.pick(this.#faults)(random)
    return {
      do: 'cloud-fault',
      fault,
      calls: random.integer(1, 8),
      which: random.pick(['reads', 'writes', 'all']),
    }
  }

  #kubeFault(): Deed {
    const random = this.#random
    const fault = random.pick<KubeFault>([
      { kind: 'status', code: 409 },
      { kind: 'status', code: 422 },
      { kind: 'status', code: 429, retryAfter: random.integer(1, 5) },
      { kind: 'status', code: 500 },
      { kind: 'status', code: 503 },
      { kind: 'reset' },
      { kind: 'reset-after-handling' },
      { kind: 'hang' },
    ])
    const resource = random.pick(['nodes', 'noderoutes', 'leases', undefined] as const)
    const calls = random.integer(1, 6)
    return resource === undefined
      ? { do: 'kube-fault', fault, calls }
      : { do: 'kube-fault', fault, calls, resource }
  }

  #watches(): Deed {
    const random = this.#random
    const how = random.pick(['end', 'reset', 'expire', 'silence'] as const)
    const resource = random.pick(['nodes', 'noderoutes', undefined] as const)
    return resource === undefined ? { do: 'cut-watches', how } : { do: 'cut-watches', how, resource }
  }

  #slow(): Deed {
    const random = this.#random
    return {
      do: 'slow',
      server: this.#server(),
      mostMs: random.integer(500, 3_000),
      forMs: random.integer(5_000, 40_000),
    }
  }

  #cutOff(): Deed {
    const random = this.#random
    return { do: 'cut-off', slot: this.#slot(), server: this.#server(), forMs: random.integer(2_000, 60_000) }
  }
}
