import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { Resource } from '../../kube/resource.ts'
import { formatCidr } from '../../net/cidr.ts'
import { type ServiceCidr, followServiceCidrs, serviceCidrType } from '../../reconciler/ipam/service-cidrs.ts'
import { clientOf, create, manifests } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'
import { TurningPoint } from './turning-point.ts'

await describeControlPlane('the ranges of Services, with the rights of deploy/manifests', (cluster) => {
  let admin: KubeClient
  let controller: KubeClient
  const stop = new AbortController()

  beforeAll(async () => {
    await create(cluster().admin, manifests.namespace, manifests.rbac)
    admin = clientOf(cluster().admin)
    controller = clientOf(cluster().controller)
  })

  afterAll(async () => {
    stop.abort()
    await admin.close()
    await controller.close()
  })

  test('are told at once, and again when one is added', async () => {
    const news = new TurningPoint()
    let ranges: readonly string[] = []
    const following = followServiceCidrs(
      {
        resource: new Resource<ServiceCidr>(controller, serviceCidrType),
        clock: systemClock,
        random: Math.random,
        log: silentLogger,
      },
      (seen) => {
        ranges = seen.map(formatCidr).sort()
        news.changed()
      },
      stop.signal,
    ).catch(() => undefined)
    await news.until(
      'the range of the API server',
      () => ranges.length === 1,
      () => ranges,
    )
    expect(ranges).toEqual(['10.96.0.0/16'])
    const type = new Resource<ServiceCidr>(admin, serviceCidrType)
    await type.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'more' },
      spec: { cidrs: ['10.97.0.0/24'] },
    })
    await news.until(
      'the range that was added',
      () => ranges.length === 2,
      () => ranges,
    )
    expect(ranges).toEqual(['10.96.0.0/16', '10.97.0.0/24'])
    stop.abort()
    await following
  })
})
