import type { Handler } from './handler.ts'
import { Fields, ServeError } from './parameters.ts'
import { protocolVersion } from './protocol.ts'

/** A random number that the kernel makes anew at each start. */
const bootIdFile = '/proc/sys/kernel/random/boot_id'

/** Says who serves, if both sides speak the same version. */
export const hello: Handler<'hello'> = (parameters, { system }) => {
  const protocol = new Fields(parameters, 'parameters', ['protocol']).integer('protocol', 0, 2 ** 31)
  if (protocol !== protocolVersion)
    throw new ServeError({
      code: 'unsupported',
      field: 'parameters.protocol',
      message: `protocol ${protocol} is not ${protocolVersion}: agent and server should be of one version`,
    })
  const { version } = system.process
  return { protocol: protocolVersion, version, bootId: system.files.read(bootIdFile).trim() }
}
