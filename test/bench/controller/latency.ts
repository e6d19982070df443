import { Rig, type RigOptions } from './rig.ts'

/** What became of one Node. */
export interface Passage {
  readonly firstWriteMs: number
  readonly routedMs: number
}

/** Rates so high that no Node waits for its turn. */
const free = { bucketScale: 20, routesPerTable: 1_001, clusterCidr: '10.244.0.0/16', tables: 2 } as const
const timeoutMs = 30_000

type Place = Pick<RigOptions, 'dist' | 'scratch'>

/** The first Node of a controller that has just started, so many times. */
export async function measureStarts(place: Place, starts: number): Promise<readonly Passage[]> {
  const passages: Passage[] = []
  for (let start = 0; start < starts; start++) {
    await using rig = await Rig.open({ ...place, ...free, instances: 1 })
    await rig.begin()
    await rig.startController()
    passages.push(await routeNext(rig))
  }
  return passages
}

/** Node after Node: each is registered when the one before is routed. */
export async function measureRow(
  place: Place,
  rounds: number,
  told: (done: number) => void,
): Promise<readonly Passage[]> {
  await using rig = await Rig.open({ ...place, ...free, instances: rounds + 1 })
  await rig.begin()
  await rig.startController()
  // The first one is a cold one.
  await routeNext(rig)
  const passages: Passage[] = []
  for (let round = 0; round < rounds; round++) {
    passages.push(await routeNext(rig))
    told(round + 1)
  }
  return passages
}

async function routeNext(rig: Rig): Promise<Passage> {
  await rig.forget()
  const { at, names } = await rig.register(1)
  const routedMs = (await rig.untilRouted(names, timeoutMs)) - at
  const { writes } = await rig.cloudFigures()
  return { firstWriteMs: (writes[0] ?? Number.NaN) - at, routedMs }
}
