import { turnOnProxyArp } from '../netlink/proxy-arp.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { sysctlFolder } from '../plugins/sysctl.ts'
import { findConfigurations, ownConfiguration, readConfiguration } from './configurations.ts'
import type { Context } from './handler.ts'
import { type Inheritance, readInheritance } from './inheritance.ts'
import { ServeError } from './parameters.ts'

/**
 * Lets pods that a predecessor of this network has put on a bridge reach those that we attach: they take all addresses of
 * the range for neighbours on the bridge, so the host answers for those that are elsewhere (proxy_arp). A reboot forgets
 * it, and ends those pods. Said again at each request, for our own file doesn't tell of bridges.
 *
 * @throws ServeError `refused` where the pods have IPv6: for that the host would have to answer for each address by name
 */
export function reachBridgedPods(context: Context, network: string): readonly string[] {
  return findConfigurations(context).flatMap(({ file, name }) => {
    if (file === ownConfiguration || name !== network) return []
    const inherited = inheritanceOf(context, file)
    return inherited?.bridge === undefined ? [] : answerOn(context, file, inherited, inherited.bridge)
  })
}

function inheritanceOf(context: Context, file: string): Inheritance | undefined {
  try {
    return readInheritance(file, readConfiguration(context, file))
  } catch (error) {
    if (error instanceof ServeError) return undefined
    throw error
  }
}

function answerOn(
  { system }: Context,
  file: string,
  { rangeSets }: Inheritance,
  bridge: string,
): readonly string[] {
  const rtnetlink = new Rtnetlink(system)
  const index = rtnetlink.link(bridge)?.index
  // No bridge: no pod was ever on it.
  if (index === undefined) return []
  if (rangeSets.some(({ subnet }) => String(subnet).includes(':')))
    throw new ServeError({
      code: 'refused',
      message: `the pods of ${file} are on the bridge ${bridge} with IPv6 addresses, and would not reach new ones: drain the node, and delete the bridge`,
    })
  if (system.files.read(`${sysctlFolder}/ipv4/conf/${bridge}/proxy_arp`).trim() === '1') return []
  for (const { error } of rtnetlink.change([turnOnProxyArp(index)])) throw error
  return [`turned proxy_arp on for ${bridge}`]
}
