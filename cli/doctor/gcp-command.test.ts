import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runMain } from '../testing/run-main.ts'
import { poolFlags } from './testing/cluster-world.ts'
import { type GcpWorld, openGcpWorld } from './testing/gcp-world.ts'

const doctor = ['doctor', 'gcp', '--cluster-name', 'prod']

describe('without a cluster', () => {
  test('help', async () => {
    const { code, stdout, stderr } = await runMain(['doctor', 'gcp', '--help'])
    expect([code, stderr]).toEqual([0, ''])
    for (const text of [
      '--gcp-network <networks>',
      '--cluster-cidr <cidrs>',
      'It changes nothing',
      'Exit codes: 0',
    ])
      expect(stdout).toContain(text)
  })

  test.each<[args: readonly string[], text: string]>([
    [['doctor', 'gcp'], "required option '--cluster-name <name>' not specified"],
    [[...doctor, '--gcp-network', 'Prod'], '--gcp-network=Prod'],
    [[...doctor, '--gcp-routes-per-network', '0'], '--gcp-routes-per-network=0'],
    [[...doctor, '--route-tables', 'auto'], "unknown option '--route-tables'"],
  ])('%j: wrong usage', async (args, text) => {
    const { code, stdout, stderr } = await runMain(args)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(text)
  })
})

describe('with one', () => {
  let world: GcpWorld
  beforeEach(async () => {
    world = await openGcpWorld()
    world.manager('--allocate-node-cidrs=false')
  })
  afterEach(() => world.close())

  test('for people: the worst first, each with its fix', async () => {
    world.addRoute('10.244.1.0/24', world.a)
    const { code, stdout, stderr } = await world.run(...poolFlags)
    expect(stdout.split('ok       PermissionsPresent')[0]).toMatchInlineSnapshot(`
      "error    ForeignRoute  route/route-0
               The route route-0 to 10.244.1.0/24 leads to instance/projects/prod-1/zones/europe-west1-b/instances/node-a with priority 1000, and takes the packets to the podCIDR of Node node-b, which is projects/prod-1/zones/europe-west1-b/instances/node-b.
               Fix: If nobody needs it: gcloud compute routes delete route-0 --project prod-1
      "
    `)
    expect([code, stderr]).toEqual([1, 'podway: 1 error, 0 warnings, 0 unknown, 9 ok\n'])
  })

  test('Compute Engine that fails, for once: it is asked again', async () => {
    const fault = { kind: 'error', status: 503, reason: 'backendError' } as const
    world.simulator.faults.inject({ method: 'subnetworks.aggregatedList', fault })
    expect((await world.examine()).wrong).toEqual([])
  })

  test('credentials that Google does not take: nothing can be examined, and it says why', async () => {
    const fault = { kind: 'error', status: 401, reason: 'authError', message: 'Invalid Credentials' } as const
    world.simulator.faults.inject({ times: 100, fault })
    const { code, stdout, stderr } = await world.run()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('Google does not take these credentials')
  })

  test('a Resource Manager that is not there: permissions are unknown, the rest is examined', async () => {
    vi.stubEnv('CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER', 'http://127.0.0.1:9')
    const { code, wrong } = await world.examine()
    expect([code, wrong]).toEqual([0, ['unknown PermissionUnknown project/prod-1']])
  })

  test('Compute Engine that is not enabled is no permission that is missing', async () => {
    const fault = {
      kind: 'error',
      status: 403,
      reason: 'accessNotConfigured',
      message: 'not enabled',
    } as const
    world.simulator.faults.inject({ times: 100, fault })
    const { code, stdout, stderr } = await world.run()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('not enabled')
  })
})
