import { type GcpWorld, createGcpWorld } from '../../test/conformance/gcp-world.ts'
import { describeProvider } from '../../test/conformance/provider.case.ts'

const prepareOnlyLooks =
  'canIpForward is of the definition of an instance, which is others’ to change: prepare looks, and says how to mend it'

describeProvider({
  name: 'Google Cloud on the Compute Engine simulator',
  make: (): Promise<GcpWorld> => createGcpWorld(),
  deviations: [
    { test: 'targets forward after prepare; the second time changes nothing', reason: prepareOnlyLooks },
    { test: 'prepare: one target that is gone spoils no other', reason: prepareOnlyLooks },
  ],
})
