import { join } from 'node:path'
import pRetry from 'p-retry'
import type { ControlPlaneInstall } from '../control-plane/install.ts'
import type { LocalStackInstall } from '../localstack/install.ts'
import { type ProbeReport, describeResult, everyPair, runProbes } from '../lab/probe.ts'
import { type Cloud, startCloud } from './cloud.ts'
import { startKubernetes } from './kubernetes-api.ts'
import { Cluster, isRouted } from './cluster.ts'
import { ControllerProcess, type LogLine } from './controller-process.ts'
import type { DemoOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { podNetworkTable, probeTable, routeTables } from './report.ts'
import { type DemoInstance, type Vpc, clusterName, createInstance, createVpc, routesIn } from './vpc.ts'
import { World } from './world.ts'

/** What the demo found out; also its `--json`. */
export interface DemoResult {
  readonly cloud: string
  readonly kube: string
  readonly nodes: number
  readonly pods: number
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
const deadlineMs = 30_000
/** A packet that is dropped says nothing: how long a probe that must fail is waited for. */
const mustFailMs = 300

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

  progress.step(`EC2 API (${options.cloud}): a VPC, three subnets, three route tables, three instances`)
  const { cloud, vpc } = await timed('cloud', async () => {
    const api = await startCloud(options.cloud, {
      install: options.localStack,
      dataDir: join(options.scratch, 'localstack'),
    })
    return { cloud: api, vpc: await createVpc(api.ec2) }
  })
  const instances: Record<string, DemoInstance> = {
    'node-1': await createInstance(cloud.ec2, vpc, 'a', 'node-1', 11),
    'node-2': await createInstance(cloud.ec2, vpc, 'b', 'node-2', 12),
    'node-3': await createInstance(cloud.ec2, vpc, 'b', 'node-3', 13),
  }
  const database = await createInstance(cloud.ec2, vpc, 'database', 'database', 21)

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

  progress.step('The VPC out of network namespaces')
  const world = await timed('lab', async () => {
    const made = await World.create(cloud, vpc, options.dist)
    await made.obey()
    await Promise.all(
      Object.entries({ ...instances, database }).map(([name, instance]) => made.boot(name, instance)),
    )
    return made
  })

  progress.step('podway controller')
  const controller = new ControllerProcess(
    join(options.dist, 'podway.js'),
    [
      '--provider',
      'aws',
      '--cluster-name',
      clusterName,
      '--cluster-cidr',
      podCidrs,
      '--kubeconfig',
      kubernetes.controller,
    ],
    { PATH: process.env.PATH, HOME: options.scratch, ...cloud.env },
  )
  const signal = AbortSignal.timeout(deadlineMs)
  await timed('controller', () => controller.line(({ msg }) => msg === 'route tables found', signal))

  if ((await cluster.nodes()).length > 0) throw new Error('there are Nodes before any was registered')

  const story = { cloud, vpc, cluster, world, controller }
  progress.step('Three Nodes register, without podCIDRs; podway routes them')
  await timed('routes', async () => {
    const registeredAt = Date.now()
    for (const [name, instance] of Object.entries(instances)) await cluster.register(name, instance)
    const first = await controller.line(isCloudWrite, AbortSignal.timeout(deadlineMs))
    seconds.firstWrite = round((Date.parse(first.time) - registeredAt) / 1000)
    await Promise.all(Object.keys(instances).map((name) => routed(story, name)))
  })

  progress.step('Two pods a node by podway-cni')
  const addTimes: number[] = []
  const startPods = async (name: string): Promise<void> => {
    const node = await cluster.node(name)
    const pods = await world.startPods(name, node.spec?.podCIDRs ?? [], [`${name}-a`, `${name}-b`])
    addTimes.push(...pods.map(({ addMs }) => addMs))
  }
  await timed('pods', () => Promise.all(Object.keys(instances).map(startPods)))

  progress.step('Every pod from every other pod and from its node, IPv4 and IPv6')
  await timed('probes', async () => reports.push(await probe(world, progress)))
  await expectDatabaseUnreached(world, complaints)
  await published(story)
  progress.end()
  say(await routeTables(cloud.ec2, vpc, instances))
  say(podNetworkTable(await cluster.podNetwork()))
  say(probeTable(reports[0]?.results ?? []))

  progress.step('node-2 goes: its routes leave both tables')
  const left: string[] = []
  await timed('removal', async () => {
    await world.stopPods('node-2')
    left.push(...(await world.remove('node-2')))
    await cluster.unregister('node-2')
    await cloud.ec2.terminateInstances({ InstanceIds: [instances['node-2']?.id ?? ''] })
    await unrouted(story, instances['node-2']?.eniId ?? '')
    delete instances['node-2']
  })

  progress.step('node-4 comes: probes again')
  await timed('replacement', async () => {
    const instance = await createInstance(cloud.ec2, vpc, 'a', 'node-4', 14)
    instances['node-4'] = instance
    await world.boot('node-4', instance)
    await cluster.register('node-4', instance)
    await routed(story, 'node-4')
    await startPods('node-4')
    reports.push(await probe(world, progress))
  })
  const databaseRoutes = await routesIn(cloud.ec2, vpc.databaseTable)
  if (databaseRoutes.length > 0) complaints.push('podway wrote into the database table, which is not its own')

  if (options.keep) {
    progress.end()
    await options.stay()
  }
  progress.step('DEL of every pod; the controller stops; what is left?')
  const pods = world.pods().length
  await world.stopPods()
  const code = await controller.stop()
  if (code !== 0) complaints.push(`the controller ended with ${code}:\n${controller.tail()}`)
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
      nodes: Object.keys(instances).length,
      pods,
      tables: vpc.nodeTables.length,
      probes: { sent: sum(({ sent }) => sent), ok: sum(({ ok }) => ok), natted: sum(({ natted }) => natted) },
      seconds,
      leftovers: left.length,
    },
    complaints,
  }
}

interface Scene {
  readonly cloud: Cloud
  readonly vpc: Vpc
  readonly cluster: Cluster
  readonly world: World
  readonly controller: ControllerProcess
}

/** What the controller logs when the cloud has acknowledged a write: a route, or the source/destination check. */
const isCloudWrite = ({ msg }: LogLine): boolean =>
  msg === 'route created' || msg === 'target made to forward'

/** Resolves when the Node says that it is routed, and packets follow. */
async function routed({ cluster, controller, world }: Scene, name: string): Promise<void> {
  await eventually(controller, async () => {
    const node = await cluster.node(name)
    return isRouted(node) ? undefined : `${name}: ${JSON.stringify(node.status?.conditions)}`
  })
  await world.obey()
}

/** Resolves when agents are told that the subnets whose tables have the routes are native, and not the database's. */
async function published({ cluster, controller }: Scene): Promise<void> {
  const wanted = '10.0.1.0/24,10.0.2.0/24'
  await eventually(controller, async () => {
    const families = await cluster.podNetwork()
    const native = families.find(({ family }) => family === 'IPv4')?.nativeRanges.join()
    return native === wanted ? undefined : `the PodNetwork says ${JSON.stringify(families)}`
  })
}

/** Resolves when no table of podway's has a route to the interface, and no NodeRoute is left of it. */
async function unrouted({ cloud, cluster, controller, vpc, world }: Scene, eniId: string): Promise<void> {
  await eventually(controller, async () => {
    for (const table of vpc.nodeTables) {
      const routes = await routesIn(cloud.ec2, table)
      if (routes.some(({ target }) => target === eniId)) return `${table} still has routes to ${eniId}`
    }
    const records = await cluster.nodeRoutes()
    return records.length === 4 ? undefined : `there are ${records.length} NodeRoutes instead of 4`
  })
  await world.obey()
}

/** Asks until the answer is that nothing is missing. @throws Error with the last answer and the controller's log */
async function eventually(
  controller: ControllerProcess,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  const check = async (): Promise<void> => {
    const what = await missing()
    if (what !== undefined) throw new Error(`${what}\n${controller.tail()}`)
  }
  await pRetry(check, {
    retries: 10_000,
    factor: 1,
    minTimeout: 20,
    maxTimeout: 20,
    maxRetryTime: deadlineMs,
  })
}

async function probe(world: World, progress: Progress): Promise<ProbeReport> {
  const probes = [
    ...everyPair(world.pods()),
    ...world.machineNames().flatMap((name) => everyPair([world.machine(name)], world.podsOn(name))),
  ]
  let done = 0
  return runProbes(probes, { onResult: () => progress.detail(`${++done} of ${probes.length}`) })
}

/** The proof that packets obey the tables: the database's subnet has a table without podway's routes. */
async function expectDatabaseUnreached(world: World, complaints: string[]): Promise<void> {
  const report = await runProbes(everyPair([world.machine('database')], world.pods()), {
    timeoutMs: mustFailMs,
  })
  if (report.sent === 0) complaints.push('nothing was probed from the database')
  for (const { probe: sent, verdict } of report.results) {
    if (verdict.kind !== 'failed')
      complaints.push(`database → ${sent.to.name} got through, though no route leads there`)
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
