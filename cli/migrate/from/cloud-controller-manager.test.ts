import { describe, expect, test } from 'vitest'
import {
  azureCloudControllerManager,
  awsCloudControllerManager,
  gcpCloudControllerManager,
  kubeadmControllerManager,
  kubeadmProxy,
} from '../testing/manifests.ts'
import { type MigrateWorld, openMigrateWorld } from '../testing/migrate-world.ts'

const routed = { type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' } as const

/** kubeadm's control plane with the AWS cloud-controller-manager, and two nodes that it routes. */
async function awsWorld(): Promise<MigrateWorld> {
  const world = await openMigrateWorld('cloud-controller-manager')
  world.apply(awsCloudControllerManager(), kubeadmControllerManager('cp-1'), ...kubeadmProxy('10.244.0.0/16'))
  for (const [index, name] of ['node-a', 'node-b'].entries())
    world.addNode(name, { podCIDRs: [`10.244.${index}.0/24`], conditions: [routed] })
  return world
}

test('routes and podCIDRs change hands, and nothing else', async () => {
  await using world = await awsWorld()
  const { apply, examine, holdLease, kubectl, remove, routeAll, run } = world
  const assumed = ['--assume', 'survey'] as const

  const before = await examine()
  expect(before.states).toEqual([
    'definitions next',
    'survey later',
    'route-controller later',
    'allocator later',
    'controller later',
    'adopt later',
    'routes later',
    'kube-proxy done',
  ])
  expect(before.codes).toEqual(['RouteControllerAtWork', 'AllocatorAtWork'])
  await run('--do', 'definitions', '--yes')

  const survey = await examine()
  expect(survey).toMatchObject({ step: 'survey', outcome: 'steps-left', code: 2 })
  expect(survey.states[1]).toBe('survey unclear')

  const routes = await examine(...assumed)
  expect(routes.step).toBe('route-controller')
  const off = routes.steps.find(({ name }) => name === 'route-controller')?.how ?? []
  expect(off).toEqual([
    `kubectl -n kube-system patch daemonset aws-cloud-controller-manager --type json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/args/3","value":"--configure-cloud-routes=false"}]'`,
    'kubectl -n kube-system rollout status daemonset aws-cloud-controller-manager',
  ])
  kubectl(off[0] ?? '')

  const allocator = await examine(...assumed)
  expect(allocator).toMatchObject({ step: 'allocator', codes: ['AllocatorAtWork'] })
  expect(allocator.steps.find(({ name }) => name === 'allocator')?.how[0]).toBe(
    '# On the node of kube-system/kube-controller-manager-cp-1, in the manifest of its static pod (kubeadm: /etc/kubernetes/manifests/kube-controller-manager.yaml): --allocate-node-cidrs=false',
  )
  const manager = kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false')
  remove(manager)
  apply(manager)

  const controller = await examine(...assumed)
  expect(controller.step).toBe('controller')
  expect(controller.steps.find(({ name }) => name === 'controller')?.how.at(-1)).toBe(
    'podway controller --provider CLOUD --cluster-name NAME --cluster-cidr 10.244.0.0/16 --adopt matching',
  )
  holdLease()
  // As the other controller left it: routed, by routes that podway has no record of.
  const adopt = await examine(...assumed)
  expect(adopt.states[5]).toBe('adopt unclear')
  expect(adopt.steps[5]?.message).toBe(
    'The routes to 2 Nodes (node-a, node-b) are somebody else’s: they count, and podway neither repairs nor deletes them.',
  )
  expect(await examine(...assumed, '--assume', 'survey,adopt')).toMatchObject({
    outcome: 'complete',
    code: 0,
  })
  routeAll()
  expect(await examine()).toMatchObject({ outcome: 'complete', code: 0, codes: [] })

  // What is turned on again, or dies, is seen.
  apply(azureCloudControllerManager)
  expect(await examine()).toMatchObject({ step: 'route-controller', code: 2 })
  remove(azureCloudControllerManager)
  holdLease(new Date(Date.now() - 300_000))
  const dead = await examine(...assumed)
  expect(dead).toMatchObject({ step: 'controller', code: 2 })
  expect(dead.steps[4]?.message).toMatch(/^No podway controller is at work: cp-1_1 has not renewed/)
})

describe('who allocates', () => {
  test('goes on to, if podway is not to', async () => {
    await using world = await awsWorld()
    const { codes, states } = await world.examine('--allocate-node-cidrs=false')
    expect(states).not.toContain('allocator later')
    expect(codes).toEqual(['RouteControllerAtWork'])
  })

  test('Azure’s manager does both, and has its flags in args', async () => {
    await using world = await openMigrateWorld('cloud-controller-manager')
    world.apply(azureCloudControllerManager, kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false'))
    const { steps } = await world.examine()
    const how = steps.flatMap((step) => step.how).filter((line) => line.includes('patch deployment'))
    expect(how.map((line) => /"path":"([^"]+)","value":"([^"]+)"/.exec(line)?.slice(1))).toEqual([
      ['/spec/template/spec/containers/0/args/6', '--configure-cloud-routes=false'],
      ['/spec/template/spec/containers/0/args/0', '--allocate-node-cidrs=false'],
    ])
    for (const line of how) world.kubectl(line)
    expect((await world.examine()).codes).toEqual(['ProxyUnseen'])
  })

  test('Google’s takes podCIDRs from alias IP ranges', async () => {
    await using world = await openMigrateWorld('cloud-controller-manager')
    world.apply(gcpCloudControllerManager, kubeadmControllerManager('cp-1', '--allocate-node-cidrs=false'))
    const { codes, steps } = await world.examine()
    expect(codes).toEqual(['AllocatorAtWork', 'ProxyUnseen'])
    expect(steps.find(({ name }) => name === 'allocator')?.how.at(-1)).toMatch('--gcp-mode alias-ip')
  })

  test('a manager without any flag is given one, and writes routes until then', async () => {
    await using world = await openMigrateWorld('cloud-controller-manager')
    const manager = awsCloudControllerManager('--v=3')
    world.apply(manager)
    const { codes, steps } = await world.examine()
    expect(codes).toContain('RouteControllerAtWork')
    const [line = ''] = steps.find(({ name }) => name === 'route-controller')?.how ?? []
    expect(line).toMatch('"op":"add","path":"/spec/template/spec/containers/0/args/-"')
    world.kubectl(line)
    expect((await world.examine()).codes).not.toContain('RouteControllerAtWork')
  })
})
