import { join } from 'node:path'
import type { ControlPlaneInstall } from '../control-plane/install.ts'
import type { LocalStackInstall } from '../localstack/install.ts'
import { type ProbeReport, describeResult } from '../lab/probe.ts'
import type { DemoInstance, SubnetName } from './clouds/demo-cloud.ts'
import { cloudTitles, openCloud } from './clouds/open-cloud.ts'
import { clusterName } from './cluster-name.ts'
import { Cluster } from './cluster.ts'
import { ControllerProcess, type LogLine } from './controller-process.ts'
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

const podCidrs = '10.244.0.0/16,fd00:10:244::/48'
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
  const left: string[] = []
  const addTimes: number[] = []

  progress.step(`${cloudTitles[options.cloud]}, three instances`)
  const cloud = await timed('cloud', () => openCloud(options.cloud, options))
  const instances = new Map<string, DemoInstance>()
  const create = async (name: string, subnet: SubnetName): Promise<DemoInstance> => {
    const instance = await cloud.createInstance(name, subnet)
    instances.set(name, instance)
    return instance
  }
  await create('node-1', 'a')
  await create('node-2', 'b')
  await create('node-3', 'b')
  const database = await cloud.createInstance('database', 'database')
  const podways = cloud.tables.filter(({ isPodways }) => isPodways)
  const [firstTable, lastTable] = [podways[0], podways.at(-1)]
  if (firstTable === undefined || lastTable === undefined) throw new Error('no table is podway’s')
  await cloud.addForeignRoute(firstTable, foreignDestination, database)

  progress.step(`Kubernetes API (${options.kube}) and podway's definitions`)
  const kubernetes = await timed('kube', () =>
    startKubernetes(options.kube, { install: options.controlPlane, dataDir: options.scratch }),
  )
  const cluster = new Cluster(kubernetes)
  for (const name of ['noderoutes.yaml', 'podnetworks.yaml'])
    await cluster.create(join(options.dist, 'demo/manifests', name))
  // Where there is no access control, only the place of the Lease is needed.
  await cluster.create(
    join(options.dist, 'demo/manifests/rbac.yaml'),
    kubernetes.hasRbac ? undefined : 'Namespace',
  )
  await cluster.knowsDefinitions()

  progress.step('The network out of network namespaces')
  const world = await timed('lab', async () => {
    const made = await World.create(cloud, options.dist)
    await made.obey()
    await Promise.all([...instances.values(), database].map((instance) => made.boot(instance)))
    return made
  })

  const startController = async (): Promise<ControllerProcess> => {
    const args = [
      '--cluster-name',
      clusterName,
      '--cluster-cidr',
      podCidrs,
      '--kubeconfig',
      kubernetes.controller,
    ]
    const { args: cloudArgs, env } = cloud.controller
    const started = new ControllerProcess(join(options.dist, 'podway.js'), [...cloudArgs, ...args], {
      PATH: process.env.PATH,
      HOME: options.scratch,
      ...env,
    })
    await started.line(({ msg }) => msg === 'route tables found', AbortSignal.timeout(deadlineMs))
    return started
  }
  const stopController = async (running: ControllerProcess): Promise<void> => {
    const code = await running.stop()
    if (code !== 0) complaints.push(`the controller ended with ${code}:\n${running.tail()}`)
  }
  progress.step(`podway controller ${cloud.controller.args.join(' ')}`)
  let controller = await timed('controller', startController)
  if ((await cluster.nodes()).length > 0) throw new Error('there are Nodes before any was registered')

  const foreign = { table: firstTable, destination: foreignDestination, target: database.targets[4] }
  const scene: Scene = { cloud, cluster, world, instances, foreign }
  progress.step('Three Nodes register, without podCIDRs; podway routes them')
  await timed('routes', async () => {
    const registeredAt = Date.now()
    for (const instance of instances.values()) await cluster.register(instance)
    const first = await controller.line(isCloudWrite, AbortSignal.timeout(deadlineMs))
    seconds.firstWrite = round((Date.parse(first.time) - registeredAt) / 1000)
    await allRouted(scene, controller)
  })

  progress.step('Two pods a node by podway-cni')
  const podCidrsOf = async (name: string): Promise<readonly string[]> =>
    (await cluster.node(name)).spec?.podCIDRs ?? []
  const startPods = async (name: string): Promise<void> => {
    const pods = await world.startPods(name, await podCidrsOf(name), [`${name}-a`, `${name}-b`])
    addTimes.push(...pods.map(({ addMs }) => addMs))
  }
  await timed('pods', () => Promise.all([...instances.keys()].map(startPods)))

  progress.step('Every pod from every other pod and from its node, IPv4 and IPv6')
  await timed('probes', async () => reports.push(await probe(world, progress)))
  complaints.push(...(await databaseComplaints(scene)))
  await published(scene, controller)
  progress.end()
  say(await routeTables(cloud, [...instances.values(), database]))
  say(podNetworkTable(await cluster.podNetwork()))
  say(probeTable(reports[0]?.results ?? []))

  const goAway = async (name: string): Promise<void> => {
    const instance = instances.get(name)
    if (instance === undefined) throw new Error(`there is no ${name}`)
    instances.delete(name)
    await world.stopPods(name)
    left.push(...(await world.remove(name)))
    await cluster.unregister(name)
    await cloud.terminate(instance)
  }
  const come = async (name: string, subnet: SubnetName, cidrs?: readonly string[]): Promise<void> => {
    const instance = await create(name, subnet)
    await world.boot(instance)
    await cluster.register(instance, cidrs)
  }

  progress.step('podway is down: a route is deleted, one is led astray, node-3 is rebuilt elsewhere')
  await timed('mischief', async () => {
    await stopController(controller)
    const [v4 = ''] = await podCidrsOf('node-1')
    const [, v6 = ''] = await podCidrsOf('node-2')
    await cloud.deleteRoute(lastTable, v4)
    await cloud.misdirect(firstTable, v6, database)
    const kept = await podCidrsOf('node-3')
    await goAway('node-3')
    await come('node-3', 'a', kept)
    await world.obey()
    for (const destination of [v4, v6]) {
      const broken = await probeBroken(world, destination)
      if (broken.failures.length === 0) complaints.push(`nothing was lost on the way to ${destination}`)
    }
  })

  progress.step('podway comes back: it repairs both, and moves the routes of node-3')
  await timed('repair', async () => {
    controller = await startController()
    await allRouted(scene, controller)
    await startPods('node-3')
    reports.push(await probe(world, progress))
  })

  progress.step('node-2 goes: its routes leave every table')
  await timed('removal', async () => {
    await goAway('node-2')
    await allRouted(scene, controller)
  })

  progress.step('node-4 comes: probes again')
  await timed('replacement', async () => {
    await come('node-4', 'a')
    await allRouted(scene, controller)
    await startPods('node-4')
    reports.push(await probe(world, progress))
  })

  if (options.keep) {
    progress.end()
    await options.stay()
  }
  progress.step('DEL of every pod; the controller stops; what is left?')
  const pods = world.pods().length
  await world.stopPods()
  await stopController(controller)
  left.push(...(await world.close([...cloud.pids, ...kubernetes.pids])))
  await kubernetes.close()
  await cloud.close()
  progress.end()

  for (const report of reports) complaints.push(...report.failures.map(describeResult))
  complaints.push(...left.map((thing) => `left behind: ${thing}`))
  seconds.add = round(median(addTimes) / 1000)
  seconds.total = round((performance.now() - startedAt) / 1000)
  const sum = (of: (report: ProbeReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    result: {
      cloud: options.cloud,
      kube: options.kube,
      nodes: instances.size,
      pods,
      tables: podways.length,
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
