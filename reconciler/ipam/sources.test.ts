import { KubeConfig } from '@kubernetes/client-node'
import { describe, expect, test } from 'vitest'
import { createKubeClient } from '../../kube/client.ts'
import { type Logger, silentLogger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock, eventually } from '../../kube/testing/manual-clock.ts'
import { formatCidr } from '../../net/cidr.ts'
import { serve } from '../../test/simulators/http-server.ts'
import { createKubernetesSimulator } from '../../test/simulators/kubernetes/kubernetes-simulator.ts'
import { type ConfigMap, configMapPools, configMapType } from './config-map-pools.ts'
import { type ServiceCidr, followServiceCidrs, serviceCidrType } from './service-cidrs.ts'

async function open() {
  const simulator = createKubernetesSimulator()
  const server = await serve(simulator)
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: server.url, skipTLSVerify: true }, { name: 'u' })
  const client = createKubeClient(config, { userAgent: 'podway/test', env: {} })
  const stop = new AbortController()
  const lines: string[] = []
  const log: Logger = {
    ...silentLogger,
    info: (_fields, message) => void lines.push(message),
    warn: (_fields, message) => void lines.push(message),
  }
  const tools = { clock: new ManualClock(), random: () => 0.5, log }
  return {
    simulator,
    client,
    tools,
    lines,
    stop,
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort(new Error('the test is over'))
      await client.close()
      simulator.close()
      await server.close()
    },
  }
}

describe('pools of a ConfigMap', () => {
  test('it comes, changes, and goes; another one of the namespace is none of our business', async () => {
    await using world = await open()
    const resource = new Resource<ConfigMap>(world.client, configMapType)
    const seen: (string | undefined)[] = []
    const source = configMapPools(resource, { namespace: 'default', name: 'podway-pools' }, world.tools)
    expect(source.name).toBe('ConfigMap default/podway-pools, key pools.yaml')
    const following = source.follow((text) => void seen.push(text), world.stop.signal)
    const place = { namespace: 'default' }
    const shows = (count: number): Promise<void> => eventually(`sight ${count}`, () => seen.length === count)
    await shows(1)
    await resource.create({ metadata: { name: 'other', ...place }, data: { 'pools.yaml': 'x' } })
    await resource.create({ metadata: { name: 'podway-pools', ...place }, data: { 'pools.yaml': 'a' } })
    await shows(2)
    await resource.patch('podway-pools', { data: { 'pools.yaml': 'b' } }, { type: 'merge', ...place })
    await shows(3)
    await resource.delete('podway-pools', undefined, place)
    await shows(4)
    expect(seen).toEqual([undefined, 'a', 'b', undefined])
    const asked = world.simulator.calls.filter(({ method }) => method === 'GET').map(({ path }) => path)
    expect(new Set(asked)).toEqual(new Set(['/api/v1/namespaces/default/configmaps']))
    world.stop.abort()
    await following
  })
})

describe('ServiceCIDR objects', () => {
  const follow = async (
    world: Awaited<ReturnType<typeof open>>,
    resource: Pick<Resource<ServiceCidr>, 'type' | 'list' | 'watch'>,
  ): Promise<{ readonly seen: string[]; readonly following: Promise<void> }> => {
    const seen: string[] = []
    const following = followServiceCidrs(
      { resource, ...world.tools },
      (ranges) => void seen.push(ranges.map(formatCidr).join()),
      world.stop.signal,
    )
    following.catch(() => undefined)
    await eventually('the first answer', () => seen.length > 0)
    return { seen, following }
  }

  test('an older cluster does not know them: there are none, and it is said once', async () => {
    await using world = await open()
    const { seen, following } = await follow(world, new Resource<ServiceCidr>(world.client, serviceCidrType))
    await following
    expect(seen).toEqual([''])
    expect(world.lines).toEqual([
      'the cluster has no ServiceCIDR objects: only --service-cluster-ip-range is kept free',
    ])
  })

  test('they may not be listed: there are none, and it is said once', async () => {
    await using world = await open()
    world.simulator.faults.add({
      match: { method: 'GET', resource: 'configmaps' },
      times: Infinity,
      fault: { kind: 'status', code: 403 },
    })
    const { seen, following } = await follow(world, new Resource<ServiceCidr>(world.client, configMapType))
    await following
    expect(seen).toEqual([''])
    expect(world.lines).toHaveLength(1)
  })

  test('what they name is told, and again when it changes', async () => {
    await using world = await open()
    // Only the kind is another: the simulator has no ServiceCIDRs.
    const configMaps = new Resource<ConfigMap>(world.client, configMapType)
    const read = ({ data, ...object }: ConfigMap): ServiceCidr => ({
      ...object,
      spec: { cidrs: (data?.cidrs ?? '').split(',') },
    })
    const resource: Pick<Resource<ServiceCidr>, 'type' | 'list' | 'watch'> = {
      type: serviceCidrType,
      async list(options, call) {
        const page = await configMaps.list(options, call)
        return { ...page, items: page.items.map(read) }
      },
      async *watch(options) {
        for await (const event of configMaps.watch(options))
          yield event.type === 'ADDED' || event.type === 'MODIFIED' || event.type === 'DELETED'
            ? { type: event.type, object: read(event.object) }
            : event
      },
    }
    const place = { namespace: 'default' }
    await configMaps.create({
      metadata: { name: 'kubernetes', ...place },
      data: { cidrs: '10.96.0.0/12,fd00:96::/112' },
    })
    const { seen } = await follow(world, resource)
    await configMaps.create({ metadata: { name: 'more', ...place }, data: { cidrs: '10.80.0.0/16,rubbish' } })
    await eventually('the second', () => seen.length === 2)
    await configMaps.delete('kubernetes', undefined, place)
    await eventually('the third', () => seen.length === 3)
    expect(seen).toEqual([
      '10.96.0.0/12,fd00:96::/112',
      '10.96.0.0/12,fd00:96::/112,10.80.0.0/16',
      '10.80.0.0/16',
    ])
  })
})
