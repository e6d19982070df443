import { join } from 'node:path'
import type { ControlPlaneInstall } from '../control-plane/install.ts'
import type { LocalStackInstall } from '../localstack/install.ts'
import { type ProbeReport, describeResult } from '../lab/probe.ts'
import { Cast } from './cast.ts'
import { belonging } from './clouds/demo-cloud.ts'
import { cloudTitles, openCloud } from './clouds/open-cloud.ts'
import { Cluster } from './cluster.ts'
import type { LogLine } from './controller-process.ts'
import { deadlineMs } from './eventually.ts'
import { startKubernetes } from './kubernetes-api.ts'
import type { DemoOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { podNetworkTable, probeTable, routeTables } from './report.ts'
import { type Scene, allRouted, databaseComplaints, probe, probeBroken, published } from './scene.ts'
import { World } from './world.ts'

/** What the demo found out; also its `--json`. */
export interface DemoResult {
  readonly cloud: string
  readonly kube: string
  /** Of Google Cloud, where it is not that of routes. */
  readonly gcpMode?: string
  readonly nodes: number
  readonly pods: number
  /** Those that are podway's to write. */
  readonly tables: number
  readonly probes: { readonly sent: number; readonly ok: number; readonly natted: number }
  /** In seconds. `firstWrite`: from before a Node's registration until the cloud has acknowledged the first write; `add`: median of an ADD. */
  readonly seconds: Readonly<Record<string, number>>
  readonly leftovers: number
}

export interface Telling {
  readonly progress: Progress
  readonly say: (text: string) => void
}

export interface StoryOptions extends DemoOptions {
  readonly dist: string
  readonly scratch: string
  readonly localStack: LocalStackInstall | undefined
  readonly controlPlane: ControlPlaneInstall | undefined
  /** Called when everything is up and `keep` is wanted; resolves when it was enough. */
  readonly stay: () => Promise<void>
}

const foreignDestination = '192.168.77.0/24'

/** Runs the whole story inside a world. Throws if a step fails; resolves with the result and what went wrong in probes. */
export async function tell(
  options: StoryOptions,
  { progress, say }: Telling,
): Promise<{ readonly result: DemoResult; readonly complaints: readonly string[] }> {
  const startedAt = performance.now()
  const seconds: Record<string, number> = {}
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const from = performance.now()
    const value = await work()
    seconds[name] = round((performance.now() - from) / 1000)
    return value
  }
  const complaints: string[] = []
  const reports: ProbeReport[] = []

  progress.step(`${cloudTitles[options.cloud]}, three instances`)
  const cloud = await timed('cloud', () => openCloud(options, options))
  const instances = [
    await cloud.createInstance('node-1', 'a'),
    await cloud.createInstance('node-2', 'b'),
    await cloud.createInstance('node-3', 'b'),
  ]
  const database = await cloud.createInstance('database', 'database')
  const tables = cloud.tables.filter(({ isPodways }) => isPodways)
  const [firstTable, lastTable] = [tables[0], tables.at(-1)]
  if (firstTable === undefined || lastTable === undefined) throw new Error('no table is podway’s')
  await cloud.addForeignRoute(firstTable, foreignDestination, database)

  progress.step(`Kubernetes API (${options.kube}) and podway's definitions`)
  const kubernetes = await timed('kube', () =>
    startKubernetes(options.kube, { install: options.controlPlane, dataDir: options.scratch }),
  )
  const cluster = new Cluster(kubernetes)
  for (const name of ['noderoutes.yaml', 'podnetworks.yaml', 'namespace.yaml'])
    await cluster.create(join(options.dist, 'demo/manifests', name))
  if (kubernetes.hasRbac) await cluster.create(join(options.dist, 'demo/manifests/controller-rbac.yaml'))
  await cluster.knowsDefinitions()

  progress.step('The network out of network namespaces')
  const world = await timed('lab', async () => {
    const made = await World.create(cloud, options.dist)
    await made.obey()
    await Promise.all([...instances, database].map((instance) => made.boot(instance)))
    return made
  })

  progress.step('podway controller')
  const { dist, scratch } = options
  const kubeconfig = kubernetes.controller
  const cast = new Cast({ cloud, cluster, world, instances, kubeconfig, dist, scratch })
  await timed('controller', () => cast.startController())
  if ((await cluster.nodes()).length > 0) throw new Error('there are Nodes before any was registered')

  const foreign = { table: firstTable, destination: foreignDestination, target: database.targets[4] }
  const scene: Scene = { cloud, cluster, world, instances: cast.instances, foreign }
  progress.step('Three Nodes register, without podCIDRs; podway routes them')
  await timed('routes', async () => {
    const registeredAt = Date.now()
    for (const instance of instances) await cluster.register(instance)
    const first = await cast.controller.line(isCloudWrite, AbortSignal.timeout(deadlineMs))
    seconds.firstWrite = round((Date.parse(first.time) - registeredAt) / 1000)
    await allRouted(scene, cast.controller)
  })

  progress.step('Two pods a node by podway-cni')
  await timed('pods', () => Promise.all(instances.map(({ name }) => cast.startPods(name))))

  progress.step('Every pod from every other pod and from its node, IPv4 and IPv6')
  await timed('probes', async () => reports.push(await probe(world, progress)))
  complaints.push(...(await databaseComplaints(scene)))
  await published(scene, cast.controller)
  progress.end()
  say(await routeTables(cloud, [...instances, database]))
  say(podNetworkTable(await cluster.podNetwork()))
  say(probeTable(reports[0]?.results ?? []))

  progress.step('podway is down: a route is deleted, one is led astray, node-3 is rebuilt')
  const [deleted = ''] = await cast.podCidrs('node-1')
  const [, astray = ''] = await cast.podCidrs('node-2')
  const podCidrs = await cast.podCidrs('node-3')
  const before = cast.instances.get('node-3')
  await timed('mischief', async () => {
    await cast.stopController()
    await cloud.deleteRoute(lastTable, deleted)
    await cloud.misdirect(firstTable, astray, database)
    await cast.go('node-3')
    await cast.come('node-3', cloud.rebuiltIn, podCidrs)
    await world.obey()
    for (const destination of [deleted, astray]) {
      const { failures } = await probeBroken(world, destination)
      if (failures.length === 0) complaints.push(`nothing was lost on the way to ${destination}`)
    }
  })

  // A machine that was made anew under its name may be the same target, and then its routes are right.
  const moved = tables.flatMap((table) =>
    belonging(table, podCidrs).filter((cidr) => {
      const family = cidr.includes(':') ? 6 : 4
      const target = cast.instances.get('node-3')?.targets[family]
      return table.isOfInstances !== true && before?.targets[family] !== target
    }),
  )
  const forNode3 = moved.length > 0 ? 'moves the routes of node-3' : 'gives node-3 its range again'
  progress.step(`podway comes back: it repairs both, and ${forNode3}`)
  await timed('repair', async () => {
    await cast.startController()
    await allRouted(scene, cast.controller)
    const moves = cast.controller.lines.filter(
      ({ msg, reason }) => msg === 'route replaced' && reason === 'Moved',
    )
    if (moves.length !== moved.length)
      complaints.push(`${moves.length} routes of node-3 were moved in place:\n${cast.controller.tail()}`)
    await cast.startPods('node-3')
    reports.push(await probe(world, progress))
  })

  progress.step('node-2 goes: its routes leave every table')
  await timed('removal', async () => {
    await cast.go('node-2')
    await allRouted(scene, cast.controller)
  })

  progress.step('node-4 comes: probes again')
  await timed('replacement', async () => {
    await cast.come('node-4', 'a')
    await allRouted(scene, cast.controller)
    await cast.startPods('node-4')
    reports.push(await probe(world, progress))
  })

  if (options.keep) {
    progress.end()
    await options.stay()
  }
  progress.step('DEL of every pod; the controller stops; what is left?')
  const pods = world.pods().length
  await world.stopPods()
  await cast.stopController()
  const left = [...cast.left, ...(await world.close([...cloud.pids, ...kubernetes.pids]))]
  await kubernetes.close()
  await cloud.close()
  progress.end()

  for (const report of reports) complaints.push(...report.failures.map(describeResult))
  complaints.push(...cast.complaints, ...left.map((thing) => `left behind: ${thing}`))
  seconds.add = round(median(cast.addTimesMs) / 1000)
  seconds.total = round((performance.now() - startedAt) / 1000)
  const sum = (of: (report: ProbeReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    result: {
      cloud: options.cloud,
      kube: options.kube,
      ...(options.gcpMode === 'routes' ? {} : { gcpMode: options.gcpMode }),
      nodes: cast.instances.size,
      pods,
      tables: tables.length,
      probes: { sent: sum(({ sent }) => sent), ok: sum(({ ok }) => ok), natted: sum(({ natted }) => natted) },
      seconds,
      leftovers: left.length,
    },
    complaints,
  }
}

/** What the controller logs when the cloud has acknowledged a write: a route, or that a machine may forward. */
const isCloudWrite = ({ msg }: LogLine): boolean =>
  msg === 'route created' || msg === 'target made to forward'

const round = (value: number): number => Math.round(value * 1000) / 1000

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
