import { parseAddress } from '../../net/address.ts'
import { containsAddress, parseCidr } from '../../net/cidr.ts'
import { type Probe, type ProbeReport, everyPair, runProbes } from '../lab/probe.ts'
import { type DemoCloud, type DemoInstance, type DemoTable, belonging } from './clouds/demo-cloud.ts'
import { type Cluster, isRouted } from './cluster.ts'
import type { ControllerProcess } from './controller-process.ts'
import { eventually } from './eventually.ts'
import type { Progress } from './progress.ts'
import type { World } from './world.ts'

/** A packet that is dropped says nothing: how long a probe that must fail is waited for. */
const mustFailMs = 300

/** Who and what is on the stage. */
export interface Scene {
  readonly cloud: DemoCloud
  readonly cluster: Cluster
  readonly world: World
  /** Those that are Nodes now, by name. */
  readonly instances: ReadonlyMap<string, DemoInstance>
  /** What somebody else wrote into a table of podway's, and podway has to leave alone. */
  readonly foreign: { readonly table: DemoTable; readonly destination: string; readonly target: string }
}

/** Resolves when every Node says that it is routed and every table is as it has to be; packets follow then. */
export async function allRouted(scene: Scene, controller: ControllerProcess): Promise<void> {
  await eventually(controller, async () => {
    const waiting = (await scene.cluster.nodes()).filter((node) => !isRouted(node))
    if (waiting.length > 0)
      return waiting
        .map(({ metadata, status }) => `${metadata?.name ?? ''}: ${JSON.stringify(status?.conditions)}`)
        .join('\n')
    return (await wrongTable(scene)) ?? wrongRecords(scene)
  })
  await scene.world.obey()
}

/** What is there and what has to be there, of a table where these differ. */
async function wrongTable({ cloud, cluster, foreign, instances }: Scene): Promise<string | undefined> {
  const nodes = await cluster.nodes()
  const oursIn = (table: DemoTable): readonly string[] =>
    nodes.flatMap(({ metadata, spec }) =>
      belonging(table, spec?.podCIDRs ?? []).map((destination) => {
        const target = instances.get(metadata?.name ?? '')?.targets[destination.includes(':') ? 6 : 4]
        return `${destination} → ${target ?? 'nowhere'}`
      }),
    )
  for (const table of cloud.tables) {
    const routes = await cloud.routesIn(table)
    const there = routes.map(({ destination, target }) => `${destination} → ${target}`).sort()
    const wanted = [
      ...oursIn(table),
      ...(table === foreign.table ? [`${foreign.destination} → ${foreign.target}`] : []),
    ].sort()
    if (there.join() !== wanted.join())
      return `table ${table.id} has\n  ${there.join('\n  ')}\ninstead of\n  ${wanted.join('\n  ')}`
  }
  return undefined
}

/** One NodeRoute for each family of each Node. */
async function wrongRecords({ cluster, instances }: Scene): Promise<string | undefined> {
  const records = await cluster.nodeRoutes()
  const wanted = 2 * instances.size
  return records.length === wanted
    ? undefined
    : `there are ${records.length} NodeRoutes instead of ${wanted}: ${records.join(', ')}`
}

/** Resolves when agents are told the pools, and which ranges are native. */
export async function published({ cloud, cluster }: Scene, controller: ControllerProcess): Promise<void> {
  await eventually(controller, async () => {
    const families = await cluster.podNetwork()
    const native = families.find(({ family }) => family === 'IPv4')?.nativeRanges.join()
    const isPublished = families.length === 2 && native === cloud.nativeRanges
    return isPublished ? undefined : `the PodNetwork says ${JSON.stringify(families)}`
  })
}

/** Every pod from every other pod, and from its node. */
export async function probe(world: World, progress: Progress): Promise<ProbeReport> {
  const probes: readonly Probe[] = [
    ...everyPair(world.pods()),
    ...world.machineNames().flatMap((name) => everyPair([world.machine(name)], world.podsOn(name))),
  ]
  let done = 0
  return runProbes(probes, { onResult: () => progress.detail(`${++done} of ${probes.length}`) })
}

/**
 * What becomes of probes to the pods of that podCIDR while its route is wrong. Several of each: where a right route and a
 * wrong one share the packets, half of them arrive.
 */
export function probeBroken(world: World, podCidr: string): Promise<ProbeReport> {
  const range = parseCidr(podCidr)
  const isThere = ({ family, to }: Probe): boolean =>
    family === range.family && containsAddress(range, parseAddress(to.addresses[family] ?? ''))
  const probes = everyPair(world.pods()).filter(isThere)
  return runProbes(Array.from({ length: 8 }, () => probes).flat(), { timeoutMs: mustFailMs })
}

/** The proof that packets obey the tables: the database reaches pods only if its subnet's table has podway's routes. */
export async function databaseComplaints({ cloud, world }: Scene): Promise<readonly string[]> {
  const report = await runProbes(everyPair([world.machine('database')], world.pods()), {
    timeoutMs: cloud.databaseIsRouted ? 3000 : mustFailMs,
  })
  if (report.sent === 0) return ['nothing was probed from the database']
  return report.results.flatMap(({ probe: sent, verdict }) => {
    if ((verdict.kind === 'ok') === cloud.databaseIsRouted) return []
    const what = verdict.kind === 'failed' ? 'did not get through' : 'got through'
    const why = cloud.databaseIsRouted ? 'the table is the whole network’s' : 'no route leads there'
    return [`database → ${sent.to.name} ${what}, though ${why}`]
  })
}
