import { expect, test, vi } from 'vitest'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import { silentLogger } from '../kube/log.ts'
import { aliasTableOf } from '../providers/gcp/alias-table.ts'
import type { GcpMode } from '../providers/gcp/mode.ts'
import { Pool } from '../reconciler/ipam/pool.ts'
import { NodeRouteStore } from '../reconciler/node-route/node-route-store.ts'
import { withdrawPodNetwork } from '../reconciler/pod-network/pod-network-store.ts'
import { startController } from '../test/conformance/aws-controller.ts'
import { createGcpAliasWorld } from '../test/conformance/gcp-alias-world.ts'
import { runCleanup } from './run-cleanup.ts'
import { CommandWorld, nobody, signal, waits } from './testing/command-world.ts'

const outside = parseCidr('10.99.0.0/16')

// https://github.com/gardener/gardener-extension-provider-gcp/issues/1187: routes leak when the mode changes.
test.each<GcpMode>(['routes', 'alias-ip'])(
  'routes, then alias ranges, then routes: cleanup in the mode of %s takes all that is recorded, of both, and nothing else',
  async (mode) => {
    await using command = await CommandWorld.open()
    const world = await createGcpAliasWorld({ rates: 'off' })
    const { cluster } = command
    try {
      const aliases = await world.addTable('a')
      const network = aliases.id.slice(0, -aliasTableOf('').length)
      const [old, fresh, theirs] = [
        await world.addNode('old'),
        await world.addNode('fresh'),
        await world.addNode('theirs'),
      ]
      // Of others: an alias range of a node of podway's, one of another, and a route.
      world.setAliases(fresh, '10.244.200.9/32')
      world.setAliases(theirs, '10.244.201.0/24')
      await world.insertRoute({
        name: 'foreign',
        network,
        destRange: '10.98.0.0/24',
        nextHopInstance: theirs.target.id,
      })
      const work = async (of: GcpMode, done: () => unknown): Promise<void> => {
        const pools = of === 'routes' ? [new Pool(outside, 24)] : []
        const controller = startController(world.providerWith({ mode: of }), cluster.url, { pools })
        await vi.waitFor(done, { timeout: 20_000, interval: 20 })
        await controller.stop()
      }
      const isRouted = (name: string) => () => expect(cluster.condition(name)?.status).toBe('False')
      cluster.addNode('old', { providerID: old.view.providerID })
      await work('routes', isRouted('old'))
      cluster.addNode('fresh', { providerID: fresh.view.providerID })
      await work('alias-ip', isRouted('fresh'))
      cluster.addNode('last', { providerID: theirs.view.providerID })
      await work('routes', isRouted('last'))

      const routes = async (): Promise<readonly string[]> =>
        (await world.provider.list({ id: network }, signal)).routes
          .filter(({ target }) => target.kind === 'instance')
          .map(({ destination }) => formatCidr(destination))
          .sort()
      const podCIDR = (name: string): string => cluster.node(name).spec.podCIDRs?.[0] ?? ''
      expect(world.aliasesOf(fresh)).toEqual(['10.244.200.9/32', podCIDR('fresh')])
      expect(await routes()).toEqual(['10.98.0.0/24', podCIDR('old'), podCIDR('last')].sort())

      const parts = {
        provider: world.providerWith({ mode }),
        store: new NodeRouteStore(command.routes, silentLogger),
        withdraw: (term: AbortSignal) => withdrawPodNetwork(command.podNetworks, term),
        output: command.output,
        waits,
        asker: nobody,
        alone: (some: (term: AbortSignal) => Promise<void>) => some(signal),
      }
      await runCleanup({ yes: true, output: 'table' }, parts, signal)
      expect(world.aliasesOf(fresh)).toEqual(['10.244.200.9/32'])
      expect(world.aliasesOf(theirs)).toEqual(['10.244.201.0/24'])
      expect(world.aliasesOf(old)).toEqual([])
      expect(await routes()).toEqual(['10.98.0.0/24'])
      expect(cluster.records()).toEqual([])
      expect(command.output.notes).toEqual(['3 routes deleted.'])
    } finally {
      await world.close()
    }
  },
  60_000,
)
