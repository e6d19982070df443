import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterSize } from './cluster-size.ts'
import { type Work, floorSeconds, rivalPerSecond } from './floor.ts'
import { machineTime } from './remote.ts'
import { Rig, type RigOptions, budgetShare } from './rig.ts'
import type { RivalFigures } from './rival.ts'

/** Where the time of a phase went. */
export interface Phase {
  readonly seconds: number
  /** What the cloud's rates ask for at least. */
  readonly floorSeconds: number
  readonly cloudCalls: Readonly<Record<string, number>>
  readonly refused: number
  readonly kubeWrites: Readonly<Record<string, number>>
  readonly cpuSeconds: number
  readonly loopLagP99Ms: number
}

export interface ScaleFigures {
  readonly cluster: ClusterSize
  /** The Nodes were there before the controller was. */
  readonly cold: Phase
  /** Nothing happens. */
  readonly steady: Phase
  /** A tenth of the Nodes is replaced at once, instances and all. */
  readonly rolling: Phase
  readonly peakRssBytes: number
  readonly rival?: RivalFigures
}

/** Longer than any floor here; a controller that does not come to an end is a failure. */
const timeoutMs = 1_200_000
/**
 * After the last route: the buckets fill again, and what is left to say to the API server is said. That a table has become
 * nearly full shows when it is read next, which is 90 s after it was read last (`--drift-interval`).
 */
const settleMs = 105_000

export interface ScalePlace extends Pick<RigOptions, 'dist' | 'scratch'> {
  /** How long nothing happens. */
  readonly steadyMs: number
}

export async function measureScale(
  cluster: ClusterSize,
  { steadyMs, ...place }: ScalePlace,
  told: (what: string) => void,
): Promise<ScaleFigures> {
  const { hasRival, nodes, tables } = cluster
  const floorOf = (...work: readonly Work[]): number => floorSeconds(work, cluster, budgetShare)
  await using rig = await Rig.open({ ...place, ...cluster, instances: nodes, clusterCidr: '10.224.0.0/11' })
  const { names } = await rig.register(nodes)
  await rig.begin()
  if (hasRival) await rig.startRival(rivalPerSecond)
  const cold = await measure(rig, floorOf(...writesFor(nodes, tables)), async (at) => {
    await rig.startController()
    return (await rig.untilRouted(names, timeoutMs, (done) => told(`${done} of ${nodes} routed`))) - at
  })
  const rival = hasRival ? await rig.stopRival() : undefined

  told('nothing happens')
  await pause(settleMs)
  const steady = await measure(rig, 0, async () => {
    await pause(steadyMs)
    return steadyMs
  })

  const some = Math.ceil(nodes / 10)
  const deletes: Work = { action: 'DeleteRoute', count: some * tables }
  const rolling = await measure(rig, floorOf(...writesFor(some, tables), deletes), async () => {
    const { at, names: fresh } = await rig.replace(some)
    const routedAt = await rig.untilRouted(fresh, timeoutMs, (done) => told(`${done} of ${some} replaced`))
    const deletedAt = await rig.untilRoutes(nodes * tables, timeoutMs)
    return Math.max(routedAt, deletedAt) - at
  })
  const { peakRssBytes } = await rig.process()
  return { cluster, cold, steady, rolling, peakRssBytes, ...(rival === undefined ? {} : { rival }) }
}

const writesFor = (nodes: number, tables: number): readonly Work[] => [
  { action: 'CreateRoute', count: nodes * tables },
  { action: 'ModifyNetworkInterfaceAttribute', count: nodes },
]

/** @param work is given the moment of its start, and resolves to the milliseconds that count */
async function measure(rig: Rig, floor: number, work: (at: number) => Promise<number>): Promise<Phase> {
  await rig.forget()
  const before = rig.isRunning ? (await rig.process()).cpuSeconds : 0
  const ms = await work(machineTime())
  const [cloud, cluster, { cpuSeconds, loopLagP99Ms }] = await Promise.all([
    rig.cloudFigures(),
    rig.clusterFigures(),
    rig.process(),
  ])
  return {
    seconds: ms / 1_000,
    floorSeconds: floor,
    cloudCalls: cloud.byAction,
    refused: cloud.refused,
    kubeWrites: cluster.writes,
    cpuSeconds: cpuSeconds - before,
    loopLagP99Ms,
  }
}
