import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import {
  type PodNetwork,
  type PodNetworkStatus,
  podNetworkType,
} from '../../reconciler/pod-network/pod-network.ts'
import { type PodNetworkStore, openPodNetworkStore } from '../../reconciler/pod-network/pod-network-store.ts'
import { clientOf, deploy } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'
import { printedTable } from './printed-table.ts'

const never = new AbortController().signal

const status: PodNetworkStatus = {
  provider: 'aws',
  cluster: 'prod',
  families: [
    { family: 'IPv4', pools: ['10.244.0.0/16', '192.168.0.0/24'], nativeRanges: ['10.0.0.0/20'] },
    { family: 'IPv6', pools: ['fd00:10:244::/48'], nativeRanges: [] },
  ],
  since: '2026-01-01T00:00:00Z',
}

await describeControlPlane('the PodNetwork, as the controller may use it', (cluster) => {
  let client: KubeClient
  let admin: KubeClient
  let objects: Resource<PodNetwork>
  const stop = new AbortController()
  let following: Promise<void>
  let store: PodNetworkStore
  /** Called with each change that the store tells. */
  let onChange = (): void => undefined

  beforeAll(async () => {
    await deploy(cluster().admin)
    client = clientOf(cluster().controller)
    admin = clientOf(cluster().admin)
    objects = new Resource<PodNetwork>(admin, podNetworkType)
    const tools = { clock: systemClock, random: Math.random, log: silentLogger }
    store = openPodNetworkStore(new Resource<PodNetwork>(client, podNetworkType), tools)
    const known = Promise.withResolvers<undefined>()
    onChange = () => known.resolve(undefined)
    following = store.follow(() => onChange(), stop.signal)
    await known.promise
  })
  afterAll(async () => {
    stop.abort(new Error('over'))
    await following
    await client.close()
    await admin.close()
  })

  /** Resolves when the store shows what the work has made so. */
  async function shown(isSo: () => boolean, work: () => Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    onChange = () => {
      if (isSo()) resolve(undefined)
    }
    await work()
    onChange()
    await promise
  }

  test('is made by the first word, and changed by the next', async () => {
    expect(store.isKnown).toBe(true)
    expect(store.published).toBeUndefined()
    await store.publish(status, never)
    expect(store.published, 'at once').toEqual(status)
    const { metadata } = await objects.get('default')
    const less = { ...status, families: status.families.slice(0, 1) }
    await store.publish(less, never)
    const now = await objects.get('default')
    expect(now.status).toEqual(less)
    expect(now.metadata.uid).toBe(metadata.uid)
    await store.publish(status, never)
  })

  test('shows what others make of it: an edit, a delete; and is made anew', async () => {
    const edit = { status: { provider: 'me' } }
    await shown(
      () => store.published?.provider === 'me',
      () => objects.patch('default', edit, { type: 'merge', subresource: 'status' }),
    )
    await shown(
      () => store.published === undefined,
      () => objects.delete('default'),
    )
    await store.publish(status, never)
    expect((await objects.get('default')).status).toEqual(status)
  })

  test('a spec, or a status that is applied with the object, changes nothing', async () => {
    const patch = { spec: { pools: [] }, status: { provider: 'me' } }
    const patched = await objects.patch('default', patch, { type: 'merge' })
    expect(patched.status).toEqual(status)
    expect(patched).not.toHaveProperty('spec')
  })

  describe('the definition refuses', () => {
    const [v4] = status.families
    test.each<[what: string, change: unknown, message: string]>([
      [
        'what is no range',
        { families: [{ ...v4, pools: ['10.244.0.0'] }] },
        'must be of type cidr: "10.244.0.0"',
      ],
      [
        'a native range that is none',
        { families: [{ ...v4, nativeRanges: ['all'] }] },
        'must be of type cidr: "all"',
      ],
      ['a range twice', { families: [{ ...v4, pools: ['10.0.0.0/8', '10.0.0.0/8'] }] }, 'Duplicate value'],
      ['a family twice', { families: [v4, v4] }, 'Duplicate value'],
      ['an unknown family', { families: [{ ...v4, family: 'IPv5' }] }, 'Unsupported value: "IPv5"'],
      ['half a family', { families: [{ family: 'IPv4', pools: [] }] }, 'nativeRanges: Required value'],
      ['no time', { since: 'now' }, 'must be of type date-time'],
    ])('%s', async (_what, change, message) => {
      const patch = { status: { ...status, ...(change as object) } }
      const refused = objects.patch('default', patch, { type: 'merge', subresource: 'status' })
      await expect(refused).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining(message) as unknown,
      })
    })

    test('a second one', async () => {
      const draft = { apiVersion: 'podway.dev/v1alpha1', kind: 'PodNetwork', metadata: { name: 'other' } }
      await expect(objects.create(draft)).rejects.toMatchObject({
        status: 422,
        message: expect.stringContaining('there is one PodNetwork, and its name is default') as unknown,
      })
    })
  })

  test('prints what kubectl get shows', async () => {
    const table = await printedTable(cluster(), 'podway.dev/v1alpha1/podnetworks/default')
    expect(table.columns).toEqual([
      'Name 0',
      'Provider 0',
      'Cluster 1',
      'IPv4 Pools 0',
      'IPv4 Native 0',
      'IPv6 Pools 0',
      'IPv6 Native 0',
      'Changed 0',
    ])
    expect(table.rows.map((cells) => cells.slice(0, -1))).toEqual([
      [
        'default',
        'aws',
        'prod',
        '["10.244.0.0/16","192.168.0.0/24"]',
        '["10.0.0.0/20"]',
        '["fd00:10:244::/48"]',
        '[]',
      ],
    ])
  })
})
