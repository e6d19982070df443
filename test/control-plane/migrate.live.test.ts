import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EC2 } from '@aws-sdk/client-ec2'
import { KubeConfig } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { collectionOf, kubectlRequests } from '../../cli/migrate/testing/kubectl.ts'
import {
  type Manifest,
  awsCloudControllerManager,
  kubeadmControllerManager,
  kubeadmProxy,
} from '../../cli/migrate/testing/manifests.ts'
import type { MigrationDocument } from '../../cli/documents/migration-document.ts'
import { runMain } from '../../cli/testing/run-main.ts'
import type { KubeClient } from '../../kube/client.ts'
import { clusterName } from '../demo/cluster-name.ts'
import { ControllerProcess } from '../demo/controller-process.ts'
import { type Vpc, createInstance, createVpc, routesIn } from '../demo/vpc.ts'
import { type Ec2Simulator, createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../simulators/http-server.ts'
import { clientOf, create, manifests } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'

const program = fileURLToPath(new URL('../../bin/podway.js', import.meta.url))
const migrateRoles = fileURLToPath(new URL('../../deploy/manifests/migrate.yaml', import.meta.url))
const region = 'us-east-1'
/** Of podway, as the cloud sees it; whoever was there before has another key. */
const podwayKey = 'PODWAY'

/**
 * A cluster that a cloud-controller-manager routes is led over to podway: a real API server, AWS's SDK before the EC2
 * simulator, the real controller as a process with the rights of deploy/manifests, and the command with those of its own role.
 * What each step says to type is what is done.
 */
await describeControlPlane('podway migrate --from cloud-controller-manager', (cluster) => {
  const folder = mkdtempSync(join(tmpdir(), 'podway-migrate-'))
  const nodes = ['node-1', 'node-2', 'node-3']
  const tables = new Map<string, Awaited<ReturnType<typeof routesIn>>>()
  let simulator: Ec2Simulator
  let cloud: RunningServer
  let ec2: EC2
  let vpc: Vpc
  let admin: KubeClient
  let viewer: string
  let controller: ControllerProcess | undefined

  beforeAll(async () => {
    simulator = createEc2Simulator({ region, buckets: 'off' })
    cloud = await serve(simulator)
    const credentials = { accessKeyId: 'BEFORE', secretAccessKey: 'test' }
    ec2 = new EC2({ endpoint: cloud.url, region, credentials })
    vpc = await createVpc(ec2)
    admin = clientOf(cluster().admin)
    for (const manifest of [
      awsCloudControllerManager(),
      kubeadmControllerManager('cp-1'),
      ...kubeadmProxy('10.244.0.0/16'),
    ])
      await apply(manifest)
    for (const [index, name] of nodes.entries()) await addNode(name, index)
    for (const id of vpc.nodeTables) tables.set(id, await routesIn(ec2, id))
    viewer = await viewerConfig()
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', cloud.url)
    vi.stubEnv('AWS_REGION', region)
    vi.stubEnv('AWS_PROFILE', undefined)
    vi.stubEnv('AWS_ACCESS_KEY_ID', podwayKey)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '127.0.0.1')
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await controller?.stop()
    await admin.close()
    ec2.destroy()
    await cloud.close()
    rmSync(folder, { recursive: true })
  })

  const apply = async (manifest: Manifest): Promise<void> =>
    void (await admin.request({ method: 'POST', path: collectionOf(manifest), body: manifest }))
  const remove = async (manifest: Manifest): Promise<void> => {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }
    const path = `${collectionOf(manifest)}/${manifest.metadata.name}`
    await admin.request({ method: 'DELETE', path, body: options })
  }
  const kubectl = async (command: string): Promise<void> => {
    for (const { body, method, target, type } of kubectlRequests(command))
      await admin.request({ method, path: target, body, ...(type !== undefined && { contentType: type }) })
  }

  /** As its kubelet, kube-controller-manager and the cloud-controller-manager leave a node: in all tables, by instance. */
  async function addNode(name: string, index: number): Promise<void> {
    const { id, ipv4, zone } = await createInstance(ec2, vpc, index === 1 ? 'b' : 'a', name, 10 + index)
    await ec2.modifyInstanceAttribute({ InstanceId: id, SourceDestCheck: { Value: false } })
    const podCIDR = `10.244.${index}.0/24`
    for (const RouteTableId of vpc.nodeTables)
      await ec2.createRoute({ RouteTableId, DestinationCidrBlock: podCIDR, InstanceId: id })
    const providerID = `aws:///${zone}/${id}`
    await admin.request({
      ...{ method: 'POST', path: '/api/v1/nodes' },
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name },
        spec: { providerID, podCIDR, podCIDRs: [podCIDR] },
      },
    })
    const routed = {
      type: 'NetworkUnavailable',
      status: 'False',
      reason: 'RouteCreated',
      message: 'RouteController created a route',
    }
    await admin.request({
      ...{ method: 'PATCH', path: `/api/v1/nodes/${name}/status` },
      ...{ contentType: 'application/strategic-merge-patch+json' },
      body: { status: { addresses: [{ type: 'InternalIP', address: ipv4 }], conditions: [routed] } },
    })
  }

  /** Somebody with the role of deploy/manifests/migrate.yaml, and no other right. */
  async function viewerConfig(): Promise<string> {
    await create(cluster().admin, migrateRoles)
    const account = { kind: 'ServiceAccount', name: 'viewer', namespace: 'kube-public' }
    await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account })
    await admin.request({
      ...{ method: 'POST', path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings' },
      body: {
        metadata: { name: 'viewer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'podway-migrate' },
        subjects: [account],
      },
    })
    const { status } = await admin.request<{ readonly status: { readonly token: string } }>({
      ...{ method: 'POST', path: '/api/v1/namespaces/kube-public/serviceaccounts/viewer/token' },
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    })
    const config = new KubeConfig()
    config.loadFromOptions({
      clusters: [
        {
          name: 'c',
          server: cluster().url,
          caData: readFileSync(cluster().caFile).toString('base64'),
          skipTLSVerify: false,
        },
      ],
      users: [{ name: 'u', token: status.token }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    })
    const path = join(folder, 'viewer')
    writeFileSync(path, config.exportConfig(), { mode: 0o600 })
    return path
  }

  const run = (kubeconfig: string, ...more: readonly string[]) =>
    runMain([
      ...['migrate', '--from', 'cloud-controller-manager', '--kubeconfig', kubeconfig],
      ...['--provider', 'aws', '--cluster-name', clusterName, ...more],
    ])
  const examine = async (): Promise<MigrationDocument & { readonly code: number }> => {
    const { code, stderr, stdout } = await run(viewer, '-o', 'json')
    if (stdout === '') throw new Error(stderr)
    return { code, ...(JSON.parse(stdout) as MigrationDocument) }
  }
  const stepOf = ({ steps }: MigrationDocument, name: string) => steps.find((step) => step.name === name)
  /** Looks again until it is so: the controller has its own time. */
  const until = async (
    wanted: (document: MigrationDocument) => boolean,
  ): Promise<MigrationDocument & { code: number }> => {
    const deadline = performance.now() + 60_000
    for (;;) {
      const document = await examine()
      if (wanted(document)) return document
      if (performance.now() > deadline) throw new Error(JSON.stringify(document.steps, undefined, 2))
    }
  }
  /** What podway has written to the cloud so far. */
  const writes = (): readonly string[] =>
    simulator.calls
      .filter(({ accessKeyId }) => accessKeyId === podwayKey)
      .map(({ action }) => action)
      .filter((action) => !action.startsWith('Describe'))

  test('what is there, read with the rights of deploy/manifests/migrate.yaml', async () => {
    const document = await examine()
    expect([document.code, document.step]).toEqual([2, 'definitions'])
    expect(document.findings.map(({ code }) => code)).toEqual(['RouteControllerAtWork', 'AllocatorAtWork'])
    expect(stepOf(document, 'survey')).toMatchObject({
      state: 'done',
      message: '6 routes to podCIDRs are as podway would write them, and 0 podway’s already.',
    })
  })

  test('podway defines its own objects, and waits until they are served', async () => {
    const { code, stderr } = await run(cluster().admin.kubeconfig, '--do', 'definitions', '--yes')
    expect(stderr).toMatch('noderoutes.podway.dev defined.\npodnetworks.podway.dev defined.\n')
    expect(code).toBe(2)
    expect((await examine()).step).toBe('route-controller')
  })

  test('the commands that are told turn off who wrote routes and gave podCIDRs', async () => {
    const [patch = ''] = stepOf(await examine(), 'route-controller')?.how ?? []
    await kubectl(patch)
    expect((await examine()).step).toBe('allocator')
    await remove(kubeadmControllerManager('cp-1'))
    await apply(kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false'))
    expect((await examine()).step).toBe('controller')
  })

  test('the controller that is told takes the routes over in place', async () => {
    await create(cluster().admin, manifests.namespace, manifests.rbac)
    const command = stepOf(await examine(), 'controller')?.how.find((line) =>
      line.startsWith('podway controller '),
    )
    const flags = (command ?? '').split(' ').slice(2)
    expect(flags).toEqual([
      ...['--provider', 'aws', '--cluster-name', clusterName],
      ...['--cluster-cidr', '10.244.0.0/16', '--adopt', 'matching'],
    ])
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => name === 'PATH' || name.startsWith('AWS_')),
    )
    controller = new ControllerProcess(
      program,
      [...flags, '--kubeconfig', cluster().controller.kubeconfig, '--metrics-bind-address', '0'],
      { ...environment, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' },
    )
    const document = await until(({ outcome }) => outcome === 'complete')
    expect(document).toMatchObject({ code: 0, step: null })
    expect(stepOf(document, 'adopt')).toMatchObject({
      state: 'done',
      message: 'No route to a podCIDR is somebody else’s.',
    })
    expect(stepOf(document, 'routes')).toMatchObject({ state: 'done' })
  })

  test('no route was made, replaced or deleted, and none is another', async () => {
    expect(writes()).toEqual([])
    for (const [id, before] of tables) expect(await routesIn(ec2, id)).toEqual(before)
  })

  test('a node that comes now is podway’s from the beginning', async () => {
    const { id, ipv4, zone } = await createInstance(ec2, vpc, 'a', 'node-4', 20)
    await admin.request({
      ...{ method: 'POST', path: '/api/v1/nodes' },
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-4' },
        spec: { providerID: `aws:///${zone}/${id}` },
      },
    })
    await admin.request({
      ...{ method: 'PATCH', path: '/api/v1/nodes/node-4/status' },
      ...{ contentType: 'application/strategic-merge-patch+json' },
      body: { status: { addresses: [{ type: 'InternalIP', address: ipv4 }] } },
    })
    const document = await until(
      ({ findings, outcome }) =>
        outcome === 'complete' && findings.every(({ code }) => code === 'NothingInTheWay'),
    )
    expect(document.code).toBe(0)
    expect(writes().filter((action) => action === 'CreateRoute')).toHaveLength(vpc.nodeTables.length)
    for (const [tableId, before] of tables)
      expect(await routesIn(ec2, tableId)).toEqual(expect.arrayContaining([...before]))
  })

  test('a controller that stops is missed', async () => {
    await controller?.stop()
    const document = await until(({ step }) => step === 'controller')
    expect(document.code).toBe(2)
  })
})
