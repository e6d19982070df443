import { Rtnetlink } from '../netlink/rtnetlink.ts'
import type { Link } from '../netlink/link.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import type { PreviousInterface } from '../spec/previous.ts'
import type { System } from '../sys.ts'
import type { Environment } from '../spec/environment.ts'
import { openSandbox } from './sandbox.ts'

/**
 * The host's end of a pod's veth: the one that the plugins before have named among the host's interfaces.
 *
 * @throws CniError with upstream's texts if there is none
 */
export function findHostEnd(
  { system, environment }: { readonly system: System; readonly environment: Environment },
  host: Rtnetlink,
  interfaces: readonly PreviousInterface[],
): Link {
  const { pod } = openSandbox(system, environment)
  if (interfaces.length === 0) throw failure('no interfaces provided')
  const { ifName } = environment
  const link = new Rtnetlink(system, pod).link(ifName)
  const without = `container interface ${ifName} has no veth peer`
  if (link === undefined)
    throw failure(`${without}: could not look up ${JSON.stringify(ifName)}: Link not found`)
  if (link.kind !== 'veth' || link.peerIndex === undefined)
    throw failure(`${without}: interface ${JSON.stringify(ifName)} was not a veth interface`)
  const peer = host.link(link.peerIndex)
  if (peer === undefined) throw failure(`veth peer with index ${link.peerIndex} is not in host ns`)
  const isNamed = interfaces.some(({ name, sandbox }) => sandbox === undefined && name === peer.name)
  if (!isNamed) throw failure('no veth peer of container interface found in host ns')
  return peer
}

const failure = (message: string): CniError => new CniError(ErrorCode.internal, message)
