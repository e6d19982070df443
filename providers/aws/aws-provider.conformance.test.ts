import { describeProvider } from '../../test/conformance/provider.case.ts'
import { createSimulatedAws } from '../../test/conformance/simulated-aws.ts'

describeProvider({ name: 'AWS on the EC2 simulator', make: () => createSimulatedAws() })
