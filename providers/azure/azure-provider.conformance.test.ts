import { describeProvider } from '../../test/conformance/provider.case.ts'
import { createSimulatedAzure } from '../../test/conformance/simulated-azure.ts'

describeProvider({ name: 'Azure on the ARM simulator', make: () => createSimulatedAzure() })
