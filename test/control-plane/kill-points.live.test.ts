import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Draft, Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { type NodeRoute, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { ControllerProcess } from '../demo/controller-process.ts'
import { clusterName } from '../demo/cluster-name.ts'
import { type Vpc, type VpcInstance, createInstance, createVpc } from '../demo/vpc.ts'
import { createEc2Simulator } from '../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../simulators/http-server.ts'
import { clientOf, deploy } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'

/**
 * The program that is shipped, as processes, which SIGKILL ends at some call to the cloud. All calls, of both APIs, are in
 * `test/chaos/kill-points.test.ts`, in a world that is not real.
 */

const program = fileURLToPath(new URL('../../dist/podway.js', import.meta.url))
const region = 'us-east-1'
const podwayKey = 'PODWAY'
const points = 20
/** A machine that is busy for longer than the deadline costs the leader its lease: it ends, and another one begins. */
const lease = [
  '--leader-elect-lease-duration=1s',
  '--leader-elect-renew-deadline=600ms',
  '--leader-elect-retry-period=150ms',
]
const strange = '10.9.0.0/16'

await describeControlPlane('controllers that are killed at their calls to the cloud', (cluster) => {
  const scratch = mkdtempSync(join(tmpdir(), 'podway-kill-'))
  const simulator = createEc2Simulator({ region, buckets: 'off' })
  /** Counts podway's calls down to the one at which it is killed. */
  let armed: { left: number; readonly when: 'before' | 'after' } | undefined
  let server: RunningServer
  let people: EC2
  let vpc: Vpc
  let kube: KubeClient
  let nodes: Resource<Node>
  let records: Resource<NodeRoute>
  let controller: ControllerProcess
  let starts = 0
  let kills = 0
  const instances = new Map<string, VpcInstance>()

  beforeAll(async () => {
    server = await serve({
      handle(request, now) {
        const isTheOne =
          armed !== undefined &&
          (request.headers.authorization?.includes(`Credential=${podwayKey}/`) ?? false) &&
          --armed.left === 0
        const reply = isTheOne && armed?.when === 'before' ? undefined : simulator.handle(request, now)
        if (reply !== undefined && !isTheOne) return reply
        armed = undefined
        kills++
        void controller.kill()
        return { kind: 'reset' }
      },
    })
    const credentials = { accessKeyId: 'people', secretAccessKey: 'test' }
    people = new EC2({ endpoint: server.url, region, credentials })
    vpc = await createVpc(people)
    await deploy(cluster().admin)
    kube = clientOf(cluster().admin)
    nodes = new Resource<Node>(kube, nodeType)
    records = new Resource<NodeRoute>(kube, nodeRouteType)
  })
  afterAll(async () => {
    await controller.kill()
    people.destroy()
    await kube.close()
    await server.close()
    rmSync(scratch, { recursive: true, force: true })
  })

  const start = (): ControllerProcess => {
    starts++
    return new ControllerProcess(
      program,
      [
        ...['--provider', 'aws', '--cluster-name', clusterName, '--cluster-cidr', '10.244.0.0/16'],
        ...['--kubeconfig', cluster().controller.kubeconfig, '--metrics-bind-address', '0', ...lease],
        ...['--drift-interval', '5s'],
      ],
      {
        PATH: process.env.PATH,
        HOME: scratch,
        AWS_ENDPOINT_URL_EC2: server.url,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: podwayKey,
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    )
  }

  const addNode = async (number: number, podCIDRs?: readonly string[]): Promise<void> => {
    const name = `node-${number}`
    const instance = await createInstance(people, vpc, 'a', name, 10 + number)
    instances.set(name, instance)
    const draft: Draft<Node> & Pick<Node, 'status'> = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: {
        providerID: `aws:///${instance.zone}/${instance.id}`,
        ...(podCIDRs === undefined ? {} : { podCIDR: podCIDRs[0], podCIDRs }),
      },
      status: { addresses: [{ type: 'InternalIP', address: instance.ipv4 }] },
    }
    await nodes.create(draft)
  }

  /** `10.244.0.0/24 eni-…` for each route but the local ones, sorted. */
  const routesOf = async (table: string): Promise<readonly string[]> => {
    const { RouteTables } = await people.describeRouteTables({ RouteTableIds: [table] })
    return (RouteTables?.[0]?.Routes ?? [])
      .filter(({ Origin }) => Origin === 'CreateRoute')
      .map((route) => `${route.DestinationCidrBlock} ${route.NetworkInterfaceId ?? route.GatewayId}`)
      .sort()
  }

  /** What is not as the Nodes ask for; empty if all is. */
  const wrong = async (): Promise<string> => {
    if (armed !== undefined) return `${armed.left} calls are left before it is killed`
    const { items } = await nodes.list({})
    const wanted = items.flatMap(({ metadata, spec }) =>
      (spec.podCIDRs ?? []).map((cidr) => `${cidr} ${instances.get(metadata.name)?.eniId}`),
    )
    expect(new Set(wanted.map((route) => route.split(' ')[0])).size, 'a podCIDR is given twice').toBe(
      wanted.length,
    )
    for (const { metadata, spec, status } of items) {
      const condition = status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
      if ((spec.podCIDRs ?? []).length === 0) return `${metadata.name} has no podCIDR`
      if (condition?.status !== 'False') return `${metadata.name}: ${condition?.reason ?? 'no condition'}`
    }
    for (const table of vpc.nodeTables) {
      const there = (await routesOf(table)).filter((route) => !route.startsWith(`${strange} `))
      if (there.join() !== wanted.toSorted().join()) return `${table} holds ${there.join()}`
    }
    const recorded = (await records.list({})).items.map(({ spec }) => spec.destination).sort()
    const destinations = wanted.map((route) => route.split(' ')[0]).sort()
    return recorded.join() === destinations.join() ? '' : `the ledger holds ${recorded.join()}`
  }

  const settled = async (what: string): Promise<void> => {
    const deadline = performance.now() + 120_000
    for (;;) {
      // As a kubelet does: after one that was killed, or has lost its lease.
      if (controller.hasEnded) controller = start()
      const problem = await wrong()
      if (problem === '') return
      if (performance.now() > deadline)
        throw new Error(`${what}: ${problem} (${starts} starts, ${kills} kills)\n${controller.tail()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  test(`${points} times, and each time the next one makes all well`, { timeout: 1_800_000 }, async () => {
    const { InternetGateway } = await people.createInternetGateway({})
    const GatewayId = InternetGateway?.InternetGatewayId ?? ''
    await people.attachInternetGateway({ InternetGatewayId: GatewayId, VpcId: vpc.id })
    for (const RouteTableId of vpc.nodeTables)
      await people.createRoute({ RouteTableId, DestinationCidrBlock: strange, GatewayId })
    for (let number = 0; number < 3; number++) await addNode(number)
    controller = start()
    await settled('at the start')
    for (let point = 0; point < points; point++) {
      const when = point % 2 === 0 ? 'before' : 'after'
      // At the latest when the tables are read as every few seconds, there are enough of them.
      armed = { left: 1 + (point >> 1), when }
      const name = `node-${point}`
      const { podCIDRs } = (await nodes.get(name, {})).spec
      await people.terminateInstances({ InstanceIds: [instances.get(name)?.id ?? ''] })
      await nodes.delete(name)
      await addNode(point + 3, point % 3 === 0 ? podCIDRs : undefined)
      await settled(`killed ${when} call ${1 + (point >> 1)} (point ${point})`)
    }
    for (const table of vpc.nodeTables) expect(await routesOf(table)).toContain(`${strange} ${GatewayId}`)
    expect(kills).toBe(points)
    const written = simulator.calls
      .filter(({ accessKeyId, action }) => accessKeyId === podwayKey && action.endsWith('Route'))
      .map(({ parameters }) => parameters.DestinationCidrBlock ?? '')
    expect(new Set(written)).toContain('10.244.0.0/24')
    expect(written.filter((destination) => !destination.startsWith('10.244.'))).toEqual([])
  })
})
