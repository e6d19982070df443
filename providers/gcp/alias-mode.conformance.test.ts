import { createGcpAliasWorld } from '../../test/conformance/gcp-alias-world.ts'
import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import { describeProvider } from '../../test/conformance/provider.case.ts'
import type { RouteProvider } from '../provider.ts'
import { networkOfAliasTable } from './alias-table.ts'

const nothingToPrepare =
  'an alias range is the instance’s own: it takes its packets as it is, and nothing is prepared'

describeProvider({
  name: 'Google Cloud’s alias ranges',
  make: createGcpAliasWorld,
  deviations: [
    {
      test: 'foreign routes are listed, and stay as they are',
      reason: 'none can be 0.0.0.0/0, or around another: its own test has foreign ranges of other nodes',
    },
    {
      test: 'a route to a terminated instance is a black hole, and can be replaced and deleted',
      reason: 'an instance that is gone has taken its alias ranges along',
    },
    {
      test: 'replace, lost: unknown-outcome after one attempt, and done the next time',
      reason: 'a move is two writes: what the first has taken away is planned anew, as what is missing',
    },
    { test: 'targets forward after prepare; the second time changes nothing', reason: nothingToPrepare },
    { test: 'prepare: one target that is gone spoils no other', reason: nothingToPrepare },
  ],
})

/** Routes are what they are in the other mode, but that nothing needs to forward for IPv4. */
const routesOnly = (provider: RouteProvider): RouteProvider => ({
  ...provider,
  tables: async (signal, nodes) => {
    const tables = await provider.tables(signal, nodes)
    return tables.filter(({ id }) => networkOfAliasTable(id) === undefined)
  },
})

async function make(): Promise<GcpWorld> {
  const world = await createGcpWorld()
  return {
    ...world,
    provider: routesOnly(world.providerWith({ mode: 'alias-ip' })),
    serve: async (table) => (await world.serve(table)).filter(({ family }) => family === 6),
  }
}

describeProvider({
  name: 'Google Cloud’s routes in the mode of alias ranges',
  make,
  deviations: [
    { test: 'targets forward after prepare; the second time changes nothing', reason: nothingToPrepare },
    { test: 'prepare: one target that is gone spoils no other', reason: nothingToPrepare },
  ],
})
