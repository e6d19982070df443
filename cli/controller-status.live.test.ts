import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EC2 } from '@aws-sdk/client-ec2'
import { KubeConfig, loadYaml } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ControllerProcess } from '../test/demo/controller-process.ts'
import { clusterName } from '../test/demo/cluster-name.ts'
import { createInstance, createVpc } from '../test/demo/vpc.ts'
import { createEc2Simulator } from '../test/simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../test/simulators/http-server.ts'
import { createKubernetesSimulator } from '../test/simulators/kubernetes/kubernetes-simulator.ts'

/** Two controllers as processes, between the two simulators: one leads, one waits to, and both are asked over HTTP. */

const program = fileURLToPath(new URL('../bin/podway.js', import.meta.url))
const definitions = ['noderoutes', 'podnetworks'].map(
  (plural) => new URL(`../deploy/crds/${plural}.yaml`, import.meta.url),
)
const scratch = mkdtempSync(join(tmpdir(), 'podway-status-'))
const region = 'us-east-1'
const servers: RunningServer[] = []
const kubernetes = createKubernetesSimulator()
const controllers: ControllerProcess[] = []
let environment: NodeJS.ProcessEnv = {}
let instance: Awaited<ReturnType<typeof createInstance>>

function create(target: string, object: unknown): void {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const request = { method: 'POST', target, headers, body: JSON.stringify(object) }
  expect(kubernetes.handle(request, Date.now())).toMatchObject({ status: 201 })
}

/** A controller, and where it is asked. */
async function start(): Promise<string> {
  const controller = new ControllerProcess(
    program,
    [
      ...['--provider', 'aws', '--cluster-name', clusterName, '--cluster-cidr', '10.244.0.0/16'],
      ...['--kubeconfig', join(scratch, 'kubeconfig'), '--metrics-bind-address', '127.0.0.1:0'],
    ],
    environment,
  )
  controllers.push(controller)
  const signal = AbortSignal.timeout(30_000)
  const { port } = await controller.line(({ msg }) => msg.startsWith('serving /healthz'), signal)
  return `http://127.0.0.1:${String(port)}`
}

async function get(url: string): Promise<readonly [status: number, body: string]> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  return [answer.status, await answer.text()]
}

/** Asks until the answer is what is wanted: the processes have their own time. */
async function until(url: string, wanted: (status: number, body: string) => boolean): Promise<string> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const [status, body] = await get(url)
    if (wanted(status, body)) return body
    if (performance.now() > deadline) throw new Error(`${url} still says ${status}: ${body}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

beforeAll(async () => {
  servers.push(await serve(createEc2Simulator({ region, buckets: 'off' })), await serve(kubernetes))
  const [cloud, cluster] = servers
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const ec2 = new EC2({ endpoint: cloud?.url ?? '', region, credentials })
  instance = await createInstance(ec2, await createVpc(ec2), 'a', 'node-1', 10)
  ec2.destroy()
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: cluster?.url ?? '', skipTLSVerify: true }, { name: 'u' })
  writeFileSync(join(scratch, 'kubeconfig'), config.exportConfig())
  for (const definition of definitions)
    create(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      loadYaml(readFileSync(definition, 'utf8')),
    )
  create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'podway-system' } })
  environment = {
    PATH: process.env.PATH,
    HOME: scratch,
    AWS_ENDPOINT_URL_EC2: cloud?.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
})

afterAll(async () => {
  for (const controller of controllers) {
    // One that hears nothing any more must not outlive the test.
    const killed = setTimeout(
      () => controller.pid !== undefined && process.kill(controller.pid, 'SIGKILL'),
      10_000,
    )
    await controller.stop()
    clearTimeout(killed)
  }
  kubernetes.close()
  for (const server of servers) await server.close()
  rmSync(scratch, { recursive: true, force: true })
})

test('a leader and one that waits to lead', async () => {
  const leader = await start()
  await until(`${leader}/readyz`, (status) => status === 200)
  const standby = await start()
  await until(`${standby}/readyz`, (status) => status === 200)
  for (const url of [leader, standby]) expect(await get(`${url}/healthz`)).toEqual([200, 'ok\n'])

  create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    spec: { providerID: `aws:///${instance.zone}/${instance.id}` },
    status: { addresses: [{ type: 'InternalIP', address: instance.ipv4 }] },
  })
  const text = await until(`${leader}/metrics`, (_status, body) =>
    body.includes('podway_nodes{reason="RouteCreated"} 1'),
  )
  const lines = text.split('\n')
  expect(lines).toContain('podway_leader 1')
  expect(lines).toContain('podway_node_route_seconds_count 1')
  expect(lines).toContain('podway_route_changes_total{op="create",result="done"} 2')
  expect(lines).toContain('podway_cloud_calls_total{action="CreateRoute",result="ok"} 2')
  expect(lines).toContain('podway_pool_blocks{pool="10.244.0.0/16",state="used"} 1')
  expect(lines).toContain('podway_kube_requests_total{verb="list",resource="nodes",result="ok"} 1')
  expect(text).toMatch(/^podway_table_routes\{table="rtb-\w+",family="ipv4"\} 1$/m)
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m)
  expect(text).toMatch(/^process_resident_memory_bytes \d/m)
  expect(text).toMatch(/^podway_build_info\{version="\d+\.\d+\.\d+",node="v\d/m)

  const [, waiting] = await get(`${standby}/metrics`)
  expect(waiting.split('\n')).toContain('podway_leader 0')
})

test('a port that is taken: exit code 1, and a sentence', async () => {
  const port = new URL(await start()).port
  const second = new ControllerProcess(
    program,
    [
      ...['--provider', 'aws', '--cluster-name', clusterName, '--no-allocate-node-cidrs'],
      ...['--kubeconfig', join(scratch, 'kubeconfig'), '--metrics-bind-address', `127.0.0.1:${port}`],
    ],
    environment,
  )
  const never = second.line(() => false, AbortSignal.timeout(30_000))
  await expect(never).rejects.toThrow(
    `--metrics-bind-address=127.0.0.1:${port}: another program on this machine listens there`,
  )
  expect(await second.stop()).toBe(1)
})
