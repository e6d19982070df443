import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type AwsWorld, openAwsWorld } from '../doctor/testing/aws-world.ts'
import { clusterName } from '../doctor/testing/cluster-world.ts'
import { runMain } from '../testing/run-main.ts'
import type { MigrationDocument } from '../documents/migration-document.ts'

/** The cloud's own answer: the real SDK against the EC2 simulator. */

async function examine(
  { folder }: AwsWorld,
  ...more: readonly string[]
): Promise<MigrationDocument & { code: number }> {
  const { code, stderr, stdout } = await runMain([
    ...['migrate', '--from', 'cloud-controller-manager', '--provider', 'aws', '--cluster-name', clusterName],
    ...['--kubeconfig', join(folder, 'config'), '-o', 'json', ...more],
  ])
  if (stdout === '') throw new Error(stderr)
  return { code, ...(JSON.parse(stdout) as MigrationDocument) }
}

const surveyOf = ({ steps }: MigrationDocument) => steps.find(({ name }) => name === 'survey')

/** As a cloud-controller-manager routes both nodes. */
async function routedWorld(): Promise<AwsWorld> {
  const world = await openAwsWorld()
  world.addWorkload('daemonsets', 'aws-cloud-controller-manager', { args: ['--cloud-provider=aws'] })
  world.manager('--allocate-node-cidrs=false')
  for (const [node, number] of [
    [world.a, 0],
    [world.b, 1],
  ] as const) {
    await world.addRoute(`10.244.${number}.0/24`, node)
    await world.addRoute(number === 0 ? 'fd00:10:244::/64' : 'fd00:10:244:1::/64', node)
  }
  return world
}

test('routes that are as podway would write them are counted before anything is turned off', async () => {
  const world = await routedWorld()
  try {
    const { findings } = await examine(world)
    const document = await examine(world)
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(surveyOf(document)).toMatchObject({
      state: 'done',
      message: '4 routes to podCIDRs are as podway would write them, and 0 podway’s already.',
    })
    // Reads alone, all of them.
    expect(
      world
        .calls()
        .map(({ action }) => action)
        .filter((action) => !action.startsWith('Describe')),
    ).toEqual([])
  } finally {
    await world.close()
  }
})

test('one that leads elsewhere stands in the way of all of it', async () => {
  const world = await openAwsWorld()
  try {
    world.addWorkload('daemonsets', 'aws-cloud-controller-manager', { args: ['--cloud-provider=aws'] })
    await world.addRoute('10.244.0.0/24', world.b)
    const document = await examine(world)
    expect([document.code, document.outcome]).toEqual([1, 'blocked'])
    const [finding] = document.findings.filter(({ code }) => code === 'RoutesContested')
    expect(finding).toMatchObject({
      severity: 'error',
      object: { kind: 'route', name: `${world.tableId} 10.244.0.0/24` },
    })
    expect(finding?.message).toMatch(/OtherTarget/)
    expect(surveyOf(document)).toMatchObject({
      state: 'later',
      message: '1 route to podCIDRs can’t be adopted.',
    })
  } finally {
    await world.close()
  }
})

test('a cloud that was named and can’t be read is an error, with what to allow', async () => {
  const world = await routedWorld()
  try {
    world.simulator.faults.inject({
      action: 'DescribeRouteTables',
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'error', code: 'UnauthorizedOperation' },
    })
    await expect(examine(world)).rejects.toThrow(/^podway: .*ec2:DescribeRouteTables/)
  } finally {
    await world.close()
  }
})

test('routes are taken over by the command itself, in their turn and after a question', async () => {
  const world = await openAwsWorld()
  try {
    world.manager('--allocate-node-cidrs=false')
    world.addWorkload('daemonsets', 'kube-proxy', { command: ['kube-proxy', '--detect-local-mode=NodeCIDR'] })
    await world.addRoute('10.244.0.0/24', world.a)
    await world.addRoute('fd00:10:244::/64', world.a)
    await world.addRoute('10.244.1.0/24', world.b)
    await world.addRoute('fd00:10:244:1::/64', world.b)
    const early = examine(world, '--do', 'adopt', '--yes')
    await expect(early).rejects.toThrow("podway: adopt can't be done now: definitions comes first")

    for (const plural of ['noderoutes', 'podnetworks']) world.cluster.define(plural)
    holdLease(world)
    world.cluster.forgetCalls()
    await expect(examine(world, '--do', 'adopt')).rejects.toThrow('there is no terminal to ask at')
    const before = await examine(world)
    expect(before.steps.find(({ name }) => name === 'adopt')).toMatchObject({
      state: 'next',
      message: '4 routes in the tables can be taken over.',
    })
    expect(world.cluster.writes).toEqual([])
    const after = await examine(world, '--do', 'adopt', '--yes')
    expect(after.steps.find(({ name }) => name === 'adopt')).toMatchObject({ state: 'done' })
    expect(world.cluster.records()).toHaveLength(4)
    const actions = world.calls().map(({ action }) => action)
    expect(actions.filter((action) => !action.startsWith('Describe'))).toEqual([])
  } finally {
    await world.close()
  }
})

/** As a controller that leads has it. */
function holdLease({ post }: AwsWorld): void {
  const time = new Date().toISOString().replace('Z', '000Z')
  post('/api/v1/namespaces', { metadata: { name: 'podway-system' } })
  post('/apis/coordination.k8s.io/v1/namespaces/podway-system/leases', {
    metadata: { name: 'podway-controller' },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: time, renewTime: time },
  })
}
