import { KubeConfig } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { createKubeClient } from '../../kube/client.ts'
import { silentLogger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { Cluster } from '../testing/cluster.ts'
import { type PodNetwork, type PodNetworkStatus, podNetworkType } from './pod-network.ts'
import { openPodNetworkStore, withdrawPodNetwork } from './pod-network-store.ts'

const never = new AbortController().signal

const status: PodNetworkStatus = {
  provider: 'aws',
  cluster: 'prod',
  families: [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: [] }],
  since: '2026-01-01T00:00:00Z',
}

/** A store whose watch has not shown anything yet. */
async function open() {
  const clock = new ManualClock()
  const cluster = await Cluster.start(clock)
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: cluster.url, skipTLSVerify: true }, { name: 'u' })
  const client = createKubeClient(config, { userAgent: 'podway/test', env: {} })
  const resource = new Resource<PodNetwork>(client, podNetworkType)
  const store = openPodNetworkStore(resource, { clock, random: () => 0.5, log: silentLogger })
  return {
    cluster,
    resource,
    store,
    async [Symbol.asyncDispose](): Promise<void> {
      await client.close()
      await cluster.close()
    },
  }
}

const shown = (cluster: Cluster): readonly unknown[] => cluster.podNetworks().map((object) => object.status)

test('what was written is known before the watch shows it', async () => {
  await using world = await open()
  const { cluster, store } = world
  expect([store.isKnown, store.published]).toEqual([false, undefined])
  await store.publish(status, never)
  expect(store.published).toEqual(status)
  expect(shown(cluster)).toEqual([status])
  const other = { ...status, cluster: 'other' }
  await store.publish(other, never)
  expect(shown(cluster)).toEqual([other])
  expect(cluster.writes).toEqual([
    'POST podnetworks',
    'PATCH podnetworks/default/status',
    'PATCH podnetworks/default/status',
  ])
})

test('one that is there already is taken over: by an answer that was lost, or by another leader', async () => {
  await using world = await open()
  const { cluster, store } = world
  cluster.addPodNetwork({ ...status, cluster: 'other' })
  await store.publish(status, never)
  expect(shown(cluster)).toEqual([status])
})

test('one that was deleted, and of which the watch has not told, is made anew', async () => {
  await using world = await open()
  const { cluster, store } = world
  await store.publish(status, never)
  cluster.deletePodNetwork()
  await store.publish(status, never)
  expect(shown(cluster)).toEqual([status])
})

test('without the definition, the failure is the API server’s', async () => {
  await using world = await open()
  world.cluster.undefine('podnetworks')
  await expect(world.store.publish(status, never)).rejects.toMatchObject({ status: 404 })
})

test('is withdrawn, also if it is not there or not defined', async () => {
  await using world = await open()
  const { cluster, resource, store } = world
  await store.publish(status, never)
  for (let round = 0; round < 2; round++) await withdrawPodNetwork(resource, never)
  expect(shown(cluster)).toEqual([])
  cluster.undefine('podnetworks')
  await withdrawPodNetwork(resource, never)
})
