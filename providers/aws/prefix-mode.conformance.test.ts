import { describeProvider } from '../../test/conformance/provider.case.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { RouteProvider } from '../provider.ts'
import { isVpc } from './prefix-mode.ts'

/** Route tables are what they are in the other mode; the VPC, of which there is one, has tests of its own. */
const withoutVpc = (provider: RouteProvider): RouteProvider => ({
  ...provider,
  tables: async (signal, nodes) => {
    const tables = await provider.tables(signal, nodes)
    return tables.filter((table) => !isVpc(table))
  },
})

async function make(): Promise<SimulatedAws> {
  const world = await createSimulatedAws({ instanceType: 'm5.large' })
  return { ...world, provider: withoutVpc(world.providerWith({ mode: 'ipv6-prefix' })) }
}

describeProvider({ name: 'AWS in the mode of prefixes', make })
