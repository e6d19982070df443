import { type Difference, compareFacts, isState, toFacts } from './facts.ts'
import { Player } from './play.ts'
import { PodHost } from './pod-host.ts'
import type { PlannedCall, PluginName, Scenario } from './scenario.ts'

/** Folders with a program for each plugin. */
export interface Contestants {
  readonly ours: string
  readonly theirs: string
}

/** A call that both answered, and what was not the same then. */
export interface Round {
  readonly plugin: PluginName
  readonly call: PlannedCall
  readonly differences: readonly Difference[]
}

/**
 * Plays a scenario on two fresh hosts, one with our plugins and one with the reference's, call by call. It ends early
 * when `goOn` says so: once the two hosts are not in the same state any more, there is nothing to compare.
 *
 * `relieved`: the calls, by their number, that the reference's plugin answers on our host too: what one left, the other
 * takes over.
 */
export async function play(
  scenario: Scenario,
  { ours, theirs }: Contestants,
  goOn: (round: Round) => boolean,
  relieved: readonly boolean[] = [],
): Promise<void> {
  const hosts = await Promise.all([PodHost.make('ours'), PodHost.make('theirs')])
  try {
    const [one, other] = [new Player(hosts[0]), new Player(hosts[1])]
    one.prepare(scenario)
    other.prepare(scenario)
    const known = new Set<string>()
    for (const [number, call] of scenario.calls.entries()) {
      const [seen, expected] = await Promise.all([
        one.call(scenario, call, relieved[number] === true ? theirs : ours),
        other.call(scenario, call, theirs),
      ])
      const all = compareFacts(toFacts(hosts[0], seen), toFacts(hosts[1], expected))
      // What a call has left stays different; it belongs to that call.
      const differences = all.filter((difference) => !known.has(JSON.stringify(difference)))
      for (const difference of all.filter(isState)) known.add(JSON.stringify(difference))
      if (!goOn({ plugin: scenario.plugin, call, differences })) break
    }
  } finally {
    await Promise.all(hosts.map((host) => host.remove()))
  }
}
