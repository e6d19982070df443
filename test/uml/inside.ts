import { links } from '../../cni/testing/world.ts'
import { report } from './guest.ts'
import { Place, Pods, layOurPlugins } from './place.ts'
import type { Scenario, Verdict } from './scenario.ts'
import { scenarios } from './scenarios.ts'

/** The program in the guest: plays every scenario with our plugins, or with the reference's if their folder is given. */
const [reference] = process.argv.slice(2)

layOurPlugins()
const pods = new Pods()
const present = new Set(links().map(({ ifname }) => ifname))

function play({ name, run }: Scenario): Verdict {
  const place = new Place(pods, reference)
  try {
    run(place)
    return { name, printed: place.printed }
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { name, printed: place.printed, problem }
  } finally {
    place.remove(present)
  }
}

for (const scenario of scenarios)
  if (reference === undefined || scenario.oursAlone !== true) report(JSON.stringify(play(scenario)))
