import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EC2 } from '@aws-sdk/client-ec2'
import { dump, load, loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Draft, Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { dist, root } from '../../tools/build/build.ts'
import { valuesFile } from '../../tools/chart/generated-files.ts'
import { chartFolder, renderChart } from '../../tools/chart/render.ts'
import { clientOf } from '../control-plane/cluster-client.ts'
import { describeControlPlane } from '../control-plane/describe-control-plane.ts'
import { type RoleManifest, rightsGiven, rightsUsed } from '../control-plane/rights-used.ts'
import { clusterName } from '../demo/cluster-name.ts'
import { ControllerProcess } from '../demo/controller-process.ts'
import { type Vpc, createInstance, createVpc } from '../demo/vpc.ts'
import { runCommand, tail } from '../install/command.ts'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../simulators/http-server.ts'
import { type KubeTools, ensureKubeTools, missingForKubeTools } from './kube-tools.ts'
import type { Manifest } from './manifest.ts'
import { startAgent } from './start-agent.ts'

const region = 'us-east-1'
const namespace = 'podway-system'
const settings = [
  ...['controller.config.provider=aws', `controller.config.clusterName=${clusterName}`],
  ...['controller.pools[0].cidr=10.244.0.0/16', 'controller.pools[0].nodePrefixLength=24'],
  // The test ends it in the middle of its term.
  'controller.config.leaderElectLeaseDuration=3s',
  'controller.config.leaderElectRenewDeadline=2s',
  'controller.config.leaderElectRetryPeriod=500ms',
]

/** Rights that only what this run does not have takes: each with what does. */
const rare = {
  'podway-controller': [
    // Whether a Node is really gone that is merely absent from a list, as after a watch that was lost.
    'get nodes',
    // A record that somebody else has changed meanwhile.
    'get podway.dev/noderoutes',
    // An Event that says again what one of before says.
    'patch events.k8s.io/events',
  ],
  'podway-agent': ['patch events.k8s.io/events'],
} as const

if (missingForKubeTools() === undefined)
  await describeControlPlane('a release on a real API server', declare, { audited: true })
else describe.skip(`a release on a real API server (${missingForKubeTools()})`)

function declare(cluster: () => Parameters<typeof startAgent>[0]): void {
  const scratch = mkdtempSync(join(tmpdir(), 'podway-install-'))
  const olderChart = join(scratch, 'older')
  const chart = join(scratch, 'chart')
  let tools: KubeTools
  let server: RunningServer
  let people: EC2
  let vpc: Vpc
  let admin: KubeClient
  let nodes: Resource<Node>
  let records: Resource<NodeRoute>
  let controller: ControllerProcess | undefined
  /** Of nodes, by their numbers. */
  const interfaces = new Map<number, string>()

  beforeAll(async () => {
    tools = await ensureKubeTools({
      environment: process.env,
      log: (line) => process.stderr.write(`${line}\n`),
    })
    server = await serve(createEc2Simulator({ region, buckets: 'off' }))
    const credentials = { accessKeyId: 'people', secretAccessKey: 'test' }
    people = new EC2({ endpoint: server.url, region, credentials })
    vpc = await createVpc(people)
    admin = clientOf(cluster().admin)
    nodes = new Resource<Node>(admin, nodeType)
    records = new Resource<NodeRoute>(admin, nodeRouteType)
    copyChart(chart)
    makeOlderChart(olderChart)
  })
  afterAll(async () => {
    await controller?.kill()
    people.destroy()
    await admin.close()
    await server.close()
    rmSync(scratch, { recursive: true, force: true })
  })

  const run = async (program: keyof KubeTools, ...args: readonly string[]): Promise<string> => {
    const { exitCode, stderr, stdout } = await runCommand(tools[program], args, {
      environment: { PATH: process.env.PATH, HOME: scratch, KUBECONFIG: cluster().admin.kubeconfig },
    })
    if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')}:\n${tail(stderr)}`)
    return stdout
  }
  const release = (folder: string): Promise<string> =>
    run(
      'helm',
      ...['upgrade', 'podway', folder, '--install', '--namespace', namespace],
      ...settings.flatMap((one) => ['--set', one]),
    )

  /** The program that is shipped, with the settings that the chart has put into the cluster. */
  async function startController(): Promise<ControllerProcess> {
    const config = await run(
      'kubectl',
      'get',
      'configmap',
      'podway-controller',
      '-n',
      namespace,
      '-o',
      'yaml',
    )
    const file = join(scratch, 'podway.yaml')
    writeFileSync(file, (load(config) as Manifest).data?.['podway.yaml'] ?? '')
    return new ControllerProcess(
      join(dist, 'podway.js'),
      [
        ...['--config', file, '--kubeconfig', cluster().controller.kubeconfig],
        // Another test may have the chart's port.
        '--metrics-bind-address=127.0.0.1:0',
      ],
      {
        PATH: process.env.PATH,
        HOME: scratch,
        AWS_ENDPOINT_URL_EC2: server.url,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: 'PODWAY',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    )
  }

  const register = async (number: number, podCIDR?: string): Promise<void> => {
    const instance = await createInstance(people, vpc, 'a', `node-${number}`, 10 + number)
    interfaces.set(number, instance.eniId)
    const draft: Draft<Node> & Pick<Node, 'status'> = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `node-${number}` },
      spec: {
        providerID: `aws:///${instance.zone}/${instance.id}`,
        ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] }),
      },
      status: { addresses: [{ type: 'InternalIP', address: instance.ipv4 }] },
    }
    await nodes.create(draft)
  }
  const until = (condition: () => Promise<void>): Promise<void> =>
    vi.waitFor(condition, { timeout: 60_000, interval: 100 })
  const isRouted = (number: number): Promise<void> =>
    until(async () => {
      const { status } = await nodes.get(`node-${number}`)
      expect(status?.conditions).toContainEqual(
        expect.objectContaining({ type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' }),
      )
    })
  /** `uid name` of each record. */
  const recorded = async (): Promise<readonly string[]> => {
    // An API server opens its storage anew when a definition has changed: "storage is (re)initializing".
    const { items } = await vi.waitFor(() => records.list(), { timeout: 30_000, interval: 50 })
    return items.map(({ metadata, spec }) => `${metadata.uid} ${spec.node.name}`).sort()
  }
  const definesWritten = async (): Promise<boolean> =>
    /^\s+written:$/m.test(await run('kubectl', 'get', 'crd', 'noderoutes.podway.dev', '-o', 'yaml'))
  const knowsWritten = async (): Promise<readonly boolean[]> =>
    (await records.list()).items.flatMap(({ status }) =>
      (status?.tables ?? []).map((table) => 'written' in table),
    )

  test('all that is rendered is what a strict API server takes', async () => {
    await run('kubectl', 'apply', '--server-side', '-f', join(root, 'deploy/manifests/namespace.yaml'))
    for (const name of ['aws', 'azure', 'azure-managed-identity', 'gcp', 'localstack', 'mesh']) {
      const file = join(scratch, `${name}.yaml`)
      writeFileSync(file, await renderChart({ helm: tools.helm, values: [valuesFile(name)] }))
      const said = await run(
        'kubectl',
        ...['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', file],
      )
      expect(said).toContain('daemonset.apps/podway-agent serverside-applied (server dry run)')
    }
  })

  test('a release of an older version runs', async () => {
    await release(olderChart)
    expect(await definesWritten()).toBe(false)
    controller = await startController()
    await register(1)
    await isRouted(1)
    expect(await knowsWritten()).toContain(false)
  })

  test('an upgrade brings the new definitions, and keeps what they define', async () => {
    const before = await recorded()
    expect(before).toHaveLength(1)
    await release(chart)
    expect(await definesWritten()).toBe(true)
    expect(await recorded()).toEqual(before)
    await register(2)
    await isRouted(2)
    await until(async () => expect(await knowsWritten()).toContain(true))
  })

  test('so does a rollback', async () => {
    const before = await recorded()
    expect(before).toHaveLength(2)
    await run('helm', 'rollback', 'podway', '1', '--namespace', namespace)
    expect(await definesWritten()).toBe(false)
    expect(await recorded()).toEqual(before)
    await register(3)
    await isRouted(3)
    await nodes.delete('node-2')
    await until(async () =>
      expect((await recorded()).map((one) => one.split(' ')[1])).toEqual(
        expect.not.arrayContaining(['node-2']),
      ),
    )
    await release(chart)
  })

  describe('the rights are those that are used, none missing and none spare:', () => {
    const roles = async (): Promise<readonly RoleManifest[]> =>
      loadAll(await renderChart({ helm: tools.helm, set: settings })) as RoleManifest[]

    test('the controller’s', async () => {
      // Somebody else's route stands where the node's should be: people are told.
      const foreign = { RouteTableId: vpc.nodeTables[0], DestinationCidrBlock: '10.250.0.0/24' }
      await people.createRoute({ ...foreign, NetworkInterfaceId: interfaces.get(1) })
      await register(4, '10.250.0.0/24')
      await until(async () => expect(await run('kubectl', 'get', 'events', '-A')).toContain('ForeignRoute'))
      await expectExactly('podway-controller')
    })

    test('the agent’s', async () => {
      await using agent = await startAgent(cluster(), 'node-1')
      await agent.isSetUp()
      await until(async () => {
        const conditions = (await nodes.get('node-1')).status?.conditions ?? []
        expect(conditions.map(({ type }) => type)).toContain('MeshProgrammed')
      })
      await expectExactly('podway-agent')
    })

    async function expectExactly(account: keyof typeof rare): Promise<void> {
      const given = rightsGiven(await roles(), account)
      expect(given.length).toBeGreaterThan(0)
      const { refused, used } = await rightsUsed(cluster().auditLog, account)
      expect(refused).toEqual([])
      // What is rare may happen.
      const expected: readonly string[] = rare[account]
      expect(given.filter((right) => !used.includes(right) && !expected.includes(right))).toEqual([])
      expect(used.filter((right) => !given.includes(right))).toEqual([])
      expect(expected.filter((right) => !given.includes(right))).toEqual([])
    }
  })

  test('when it is uninstalled, definitions and records stay', async () => {
    await controller?.kill()
    const before = await recorded()
    expect(before.length).toBeGreaterThan(0)
    await run('helm', 'uninstall', 'podway', '--namespace', namespace)
    expect(await recorded()).toEqual(before)
    const left = await run(
      'kubectl',
      ...[
        'get',
        'clusterroles,deployments,daemonsets,configmaps,validatingadmissionpolicies',
        '-A',
        '-o',
        'name',
      ],
    )
    expect(left).not.toContain('podway')
  })

  test('manifests follow a release, and change nothing of what is recorded', async () => {
    const before = await recorded()
    const overlay = join(root, 'deploy/kustomize/overlays/aws')
    await run('kubectl', 'apply', '--server-side', '--validate=strict', '-k', overlay)
    expect(await recorded()).toEqual(before)
    const made = await run('kubectl', 'get', 'deployments,daemonsets', '-n', namespace, '-o', 'name')
    expect(made.trim().split('\n').sort()).toEqual([
      'daemonset.apps/podway-agent',
      'deployment.apps/podway-controller',
    ])
    await run(
      'kubectl',
      'apply',
      '--server-side',
      '--validate=strict',
      '-f',
      join(root, 'deploy/manifests/agent-uninstall.yaml'),
    )
    const agents = await run('kubectl', 'get', 'daemonset', 'podway-agent', '-n', namespace, '-o', 'yaml')
    expect(agents).toContain('- uninstall')
    expect(agents).not.toContain('livenessProbe')
  })
}

/** The API server is built from published modules, where it does not know its version: Helm would refuse that. */
function copyChart(folder: string): void {
  cpSync(chartFolder, folder, { recursive: true })
  const file = join(folder, 'Chart.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^kubeVersion: .*\n/m, ''))
}

/** The chart as it would be if records did not say yet whether a route was ever seen: one field fewer. */
function makeOlderChart(folder: string): void {
  copyChart(folder)
  const file = join(folder, 'files/crds/noderoutes.yaml')
  const crd = load(readFileSync(file, 'utf8'))
  const without = JSON.stringify(crd, (key, value: unknown) => (key === 'written' ? undefined : value))
  expect(without.length).toBeLessThan(JSON.stringify(crd).length)
  writeFileSync(file, dump(JSON.parse(without)))
}
