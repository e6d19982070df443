import { reservationFolder } from '../ipam/config.ts'
import { release } from '../ipam/host-local.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { Errno, type Handle, type System, isSysError } from '../sys.ts'
import type { Call } from '../call.ts'
import { hostVethAlias, hostVethName, nameAttempts } from './veth-name.ts'

/**
 * DEL: deletes the interface and gives the addresses back. Whatever is gone already is no error: the namespace, its path,
 * the interface, the reservation, all at once. It looks at no more of the configuration than where reservations are, so
 * that one that became invalid doesn't keep anything.
 *
 * The addresses are given back whatever becomes of the interface, with an empty CNI_NETNS too
 * (https://github.com/aws/amazon-vpc-cni-k8s/pull/1941), but after it: as long as it is there, the host's route to them
 * leads to this pod.
 */
export function del(call: Call): void {
  try {
    deleteInterface(call)
  } finally {
    release(call.system.files, reservationFolder(call.config), call.environment)
  }
}

function deleteInterface({ system, environment }: Call): void {
  const host = new Rtnetlink(system)
  for (let attempt = 0; attempt < nameAttempts; attempt++) {
    const hostEnd = host.link(hostVethName(environment, attempt))
    if (hostEnd === undefined) break
    // A name may be another pod's; ours had to take the next one then.
    if (hostEnd.alias !== hostVethAlias(environment)) continue
    host.removeLink(hostEnd.index)
    break
  }

  const namespace = environment.netns === '' ? undefined : openNamespace(system, environment.netns)
  if (namespace === undefined) return
  if (!environment.netnsOverride && isOwn(system, namespace))
    throw new CniError(ErrorCode.namespace, "plugin's netns and netns from CNI_NETNS should not be the same")
  const pod = new Rtnetlink(system, namespace)
  // The kernel answers after it has taken the pair out of this namespace too. A child that kept a socket here would keep
  // the namespace.
  const link = pod.link(environment.ifName)
  if (link !== undefined) pod.deleteLink(link.index)
}

/** Undefined if the path leads to nothing, or to what is left of a namespace that is gone. */
function openNamespace(system: System, path: string): Handle | undefined {
  try {
    return system.files.open(path)
  } catch (error) {
    if (isSysError(error, Errno.ENOENT) || isSysError(error, Errno.ENOTDIR)) return undefined
    throw error
  }
}

function isOwn({ files }: System, namespace: Handle): boolean {
  return files.identity(namespace) === files.identity(files.open('/proc/self/ns/net'))
}
