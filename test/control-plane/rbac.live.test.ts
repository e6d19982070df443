import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { clientOf, create, manifests } from './cluster-client.ts'
import { describeControlPlane } from './describe-control-plane.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

interface Review {
  readonly status: { readonly allowed: boolean; readonly resourceRules: readonly Rule[] }
}

await describeControlPlane('deploy/manifests', (cluster) => {
  let controller: KubeClient
  let admin: KubeClient

  beforeAll(async () => {
    await create(cluster().admin, manifests.namespace, manifests.rbac)
    controller = clientOf(cluster().controller)
    admin = clientOf(cluster().admin)
  })
  afterAll(async () => {
    await controller.close()
    await admin.close()
  })

  const review = (kind: string, spec: unknown): Promise<Review> =>
    controller.request({
      method: 'POST',
      path: `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`,
      body: { apiVersion: 'authorization.k8s.io/v1', kind, spec },
    })

  /** `verb group/resource` of all that the controller may do there. */
  const rights = async (namespace: string): Promise<readonly string[]> => {
    const { status } = await review('SelfSubjectRulesReview', { namespace })
    // Everybody may ask about himself (system:basic-user).
    const rules = status.resourceRules.filter(
      ({ apiGroups }) =>
        !apiGroups.includes('authorization.k8s.io') && !apiGroups.includes('authentication.k8s.io'),
    )
    return rules
      .flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            verbs.map((verb) => `${verb} ${group === '' ? '' : `${group}/`}${resource}`),
          ),
        ),
      )
      .sort()
  }

  test('gives the controller these rights everywhere, and no others', async () => {
    expect(await rights('kube-system')).toEqual([
      'create events.k8s.io/events',
      'create podway.dev/noderoutes',
      'create podway.dev/podnetworks',
      'delete podway.dev/noderoutes',
      'get nodes',
      'get podway.dev/noderoutes',
      'list networking.k8s.io/servicecidrs',
      'list nodes',
      'list podway.dev/noderoutes',
      'list podway.dev/podnetworks',
      'patch events.k8s.io/events',
      'patch nodes',
      'patch nodes/status',
      'patch podway.dev/noderoutes',
      'patch podway.dev/noderoutes/status',
      'patch podway.dev/podnetworks/status',
      'watch networking.k8s.io/servicecidrs',
      'watch nodes',
      'watch podway.dev/noderoutes',
      'watch podway.dev/podnetworks',
    ])
  })

  test('and these in its own namespace', async () => {
    const everywhere = await rights('kube-system')
    const own = await rights('podway-system')
    expect(own.filter((right) => !everywhere.includes(right))).toEqual([
      'create coordination.k8s.io/leases',
      'get coordination.k8s.io/leases',
      'list configmaps',
      'update coordination.k8s.io/leases',
      'watch configmaps',
    ])
  })

  test.each([
    ['delete', '', 'nodes'],
    // Only `default` may be read and written.
    ['list', 'podway.dev', 'podnetworks'],
    ['patch', 'podway.dev', 'podnetworks'],
    ['delete', 'podway.dev', 'podnetworks'],
    ['create', '', 'nodes'],
    ['update', '', 'nodes'],
    ['get', '', 'secrets'],
    ['list', '', 'pods'],
    // Those of the kubelets' heartbeats and of the cluster's own controllers.
    ['update', 'coordination.k8s.io', 'leases'],
    ['get', 'coordination.k8s.io', 'leases'],
    ['list', 'events.k8s.io', 'events'],
    ['delete', 'events.k8s.io', 'events'],
    ['create', '', 'events'],
    ['delete', 'apiextensions.k8s.io', 'customresourcedefinitions'],
    ['create', 'rbac.authorization.k8s.io', 'clusterrolebindings'],
  ])('does not let it %s %s %s', async (verb, group, resource) => {
    const resourceAttributes = { verb, group, resource, namespace: 'kube-system' }
    const { status } = await review('SelfSubjectAccessReview', { resourceAttributes })
    expect(status.allowed).toBe(false)
  })

  test('a Node that the controller tries to delete stays', async () => {
    const draft = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'stays' }, spec: {} }
    await new Resource<Node>(admin, nodeType).create(draft)
    const nodes = new Resource<Node>(controller, nodeType)
    await expect(nodes.delete('stays')).rejects.toMatchObject({
      status: 403,
      message:
        'DELETE /api/v1/nodes/stays: nodes "stays" is forbidden: User "system:serviceaccount:podway-system:podway-controller" cannot delete resource "nodes" in API group "" at the cluster scope',
    })
    expect((await nodes.get('stays')).metadata.deletionTimestamp).toBeUndefined()
  })
})
