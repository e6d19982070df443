import type { Call } from '../call.ts'
import { removeLinks } from '../netlink/removal.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { findIfb } from './bandwidth-removal.ts'
import { del as releaseAddresses } from './host-local.ts'
import { ifbNames } from './ifb-name.ts'
import { type Thoroughness, endRules } from './rules-removal.ts'
import { openNamespace } from './sandbox.ts'
import { hostVethAlias, hostVethName, masqueradeComment, nameAttempts } from './veth-name.ts'

/**
 * DEL: deletes the interface and gives the addresses back. Whatever is gone already is no error: the namespace, its path,
 * the interface, the reservation, all at once. It looks at no more of the configuration than where reservations are, so
 * that one that became invalid doesn't keep anything.
 *
 * The addresses are given back whatever becomes of the interface and of the rules, with an empty CNI_NETNS too
 * (https://github.com/aws/amazon-vpc-cni-k8s/pull/1941, https://github.com/containernetworking/plugins/issues/810), but
 * after them: as long as they are there, the host's route to them leads to this pod, and its rules are about them.
 *
 * @param thoroughness - given if the configuration has pods masqueraded, or ports mapped
 * @returns whether it is done, or has to be called again with what ends mappings: then nothing was given back yet, and what
 * failed will fail again
 */
export function del(call: Call, thoroughness?: Thoroughness): 'done' | 'has mappings' {
  const problems: unknown[] = []
  const attempt = <T>(step: () => T): T | undefined => {
    try {
      return step()
    } catch (error) {
      problems.push(error)
      return undefined
    }
  }
  attempt(() => deleteInterface(call))
  if (attempt(() => endPodRules(call, thoroughness)) === true) return 'has mappings'
  attempt(() => releaseAddresses(call))
  if (problems.length > 0) throw problems[0]
  return 'done'
}

/** Whatever the configuration says by now: what it said in ADD counts. */
function endPodRules({ system, environment, config }: Call, thoroughness?: Thoroughness): boolean {
  const own = masqueradeComment({ ...environment, network: config.name })
  return endRules(system, own, thoroughness)
}

function deleteInterface({ system, environment, config, reference }: Call): void {
  const namespace = openNamespace(system, environment)
  const host = new Rtnetlink(system)
  const owner = { ...environment, network: config.name }
  const alias = hostVethAlias(owner)
  const remains: number[] = []
  for (let attempt = 0; attempt < nameAttempts; attempt++) {
    const hostEnd = host.link(hostVethName(environment, attempt))
    if (hostEnd?.alias === alias) {
      remains.push(hostEnd.index)
      break
    }
    // A name may be another pod's, and ours had to take the next one then. That other pod may be gone meanwhile; but
    // where there is a namespace to look into, ours is found there.
    if (hostEnd === undefined && namespace !== undefined) break
  }
  // The reference plugin limits no rates: the plugin `bandwidth` cleans up itself.
  const ifb = reference ? undefined : findIfb(host, owner, ifbNames(owner))
  if (ifb !== undefined) remains.push(ifb.index)
  removeLinks(host, remains)

  if (namespace === undefined) return
  const pod = new Rtnetlink(system, namespace)
  // The kernel answers after it has taken the pair out of this namespace too. A child that kept a socket here would keep
  // the namespace.
  const link = pod.link(environment.ifName)
  if (link !== undefined) pod.deleteLink(link.index)
}
