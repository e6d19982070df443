import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { formatAddress } from '../../net/address.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { startController } from '../../test/conformance/aws-controller.ts'
import { type GcpWorld, createGcpWorld, podwayToken } from '../../test/conformance/gcp-world.ts'
import { describeProvider } from '../../test/conformance/provider.case.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import type { Call } from '../../test/simulators/gce/call-log.ts'

/** What podway asked of Compute Engine in all the worlds that were closed so far. */
const calls: Call[] = []

async function make(): Promise<GcpWorld> {
  const world = await createGcpWorld()
  const close = (): Promise<void> => {
    calls.push(...world.simulator.calls.filter(({ token }) => token === podwayToken))
    return world.close()
  }
  return { ...world, close }
}

const prepareOnlyLooks =
  'canIpForward is of the definition of an instance, which is others’ to change: prepare looks, and says how to mend it'

describeProvider({
  name: 'Google Cloud on the Compute Engine simulator',
  make,
  deviations: [
    { test: 'targets forward after prepare; the second time changes nothing', reason: prepareOnlyLooks },
    { test: 'prepare: one target that is gone spoils no other', reason: prepareOnlyLooks },
  ],
})

describe('deploy/iam/gcp-controller-role.yaml', () => {
  const file = new URL('../../deploy/iam/gcp-controller-role.yaml', import.meta.url)
  const role = load(readFileSync(file, 'utf8')) as { readonly includedPermissions: readonly string[] }
  const allowed = role.includedPermissions.toSorted()

  /** As Google's reference of each method has them: https://docs.cloud.google.com/compute/docs/reference/rest/v1 */
  const permissionsOf: Readonly<Record<string, readonly string[]>> = {
    'globalOperations.list': ['compute.globalOperations.list'],
    'globalOperations.wait': ['compute.globalOperations.get'],
    'instances.aggregatedList': ['compute.instances.list'],
    'instances.get': ['compute.instances.get'],
    'networks.get': ['compute.networks.get'],
    'projects.get': ['compute.projects.get'],
    'routes.delete': ['compute.networks.updatePolicy', 'compute.routes.delete'],
    'routes.insert': ['compute.instances.use', 'compute.networks.updatePolicy', 'compute.routes.create'],
    'routes.list': ['compute.routes.list'],
  }
  const needed = (some: readonly Call[]): readonly string[] =>
    [...new Set(some.flatMap(({ method }) => permissionsOf[method] ?? [`of ${method}`]))].sort()

  test('lists exactly what the suite above asked of Compute Engine', () => {
    expect(calls.length).toBeGreaterThan(0)
    expect(needed(calls)).toEqual(allowed)
  })

  test('lists exactly what a controller asks of Compute Engine: a Node joins, is another instance, leaves', async () => {
    const world = await make()
    const cluster = await Cluster.start(new ManualClock())
    const before = calls.length
    const table = await world.addTable('a')
    const [one, two] = [await world.addNode('node-1'), await world.addNode('node-2')]
    const controller = startController(world.provider, cluster.url)
    try {
      const targets = async (): Promise<readonly string[]> => {
        const { routes } = await world.provider.list(table, new AbortController().signal)
        expect(routes.every(({ surplus }) => surplus === undefined)).toBe(true)
        return routes.filter(({ target }) => target.kind === 'instance').map(({ target }) => target.id)
      }
      const addressOf = ({ view }: WorldNode): string => view.addresses.slice(0, 1).map(formatAddress).join()
      const podCIDRs = ['10.244.1.0/24', 'fd00:10:244:1::/64']
      cluster.addNode('node-1', { podCIDRs, addresses: [addressOf(one)] })
      const until = (ids: readonly string[]): Promise<void> =>
        vi.waitFor(async () => expect(await targets()).toEqual(ids), { timeout: 15_000 })
      await until([one.target.id, one.target.id])
      // The same Node is another instance now.
      const addresses = [{ type: 'InternalIP', address: addressOf(two) }]
      cluster.patchNode('node-1', { status: { addresses } }, '/status')
      await until([two.target.id, two.target.id])
      await world.terminate(two)
      cluster.deleteNode('node-1')
      await until([])
    } finally {
      await controller.stop()
      await cluster.close()
      await world.close()
    }
    expect(needed(calls.slice(before))).toEqual(allowed)
  }, 30_000)

  test('allows nothing else: no wildcard, no permission twice, nothing but Compute Engine', () => {
    expect(new Set(allowed).size).toBe(allowed.length)
    for (const permission of allowed) expect(permission).toMatch(/^compute\.[A-Za-z]+\.[A-Za-z]+$/)
  })
})
