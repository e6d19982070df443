import type { Call } from '../call.ts'
import { type LinkDetails, linkDetails } from '../netlink/link-details.ts'
import { Rtnetlink } from '../netlink/rtnetlink.ts'
import { type PreviousInterface, readPrevious } from '../spec/previous.ts'
import { findMaster } from './master.ts'
import { checkAddresses, checkIpam, failure, ownPartOf } from './pod-check.ts'
import { check as checkPorts } from './portmap-check.ts'
import { openSandbox } from './sandbox.ts'
import { type StackedConfig, modeName, readStackedConfig } from './stacked-config.ts'

/** Where both plugins say the same, one begins in lower case. */
const words = {
  macvlan: {
    missing: 'required prevResult missing',
    sandbox: 'sandbox in prevResult',
    type: 'error: Container interface',
    interface: 'interface',
    mode: 'container macvlan mode',
    name: 'container Interface name in prevResult:',
  },
  ipvlan: {
    missing: 'Required prevResult missing',
    sandbox: 'Sandbox in prevResult',
    type: 'Error: Container interface',
    interface: 'Interface',
    mode: 'Container IPVlan mode',
    name: 'Container Interface name in prevResult:',
  },
} as const

/**
 * CHECK: the reservation, the master, the pod's interface, its addresses and routes are as the previous result says.
 * @throws CniError naming the first thing that is missing, with upstream's texts where it has one
 */
export function checkStacked(call: Call, kind: StackedConfig['kind']): void {
  const { system, environment, config } = call
  const wanted = readStackedConfig(call, kind)
  const sandbox = openSandbox(system, environment)
  const previous = readPrevious(config.json)
  if (wanted.hasIpam) checkIpam(call, previous)
  if (previous === undefined) throw failure(words[kind].missing)
  const { own, ips } = ownPartOf(
    previous,
    call,
    (netns) => `${words[kind].sandbox}  doesn't match configured netns: ${netns}`,
  )
  const pod = new Rtnetlink(system, sandbox.pod)
  // Without a name it is another one's business what the default route leads by today.
  if (wanted.master !== undefined)
    findMaster(wanted.isMasterInPod ? pod : new Rtnetlink(system), wanted.master)
  const link = checkLink(pod, own, wanted)
  checkAddresses(pod, link, { ips, routes: previous.routes })
  if (!call.reference) checkPorts(call)
}

function checkLink(
  pod: Rtnetlink,
  { name, mac }: PreviousInterface,
  { kind, mode }: StackedConfig,
): LinkDetails {
  const word = words[kind]
  const link = linkDetails(pod, name)
  if (link === undefined) throw failure(`${word.name} ${name} not found`)
  if (link.kind !== kind) throw failure(`${word.type} ${name} not of type ${kind}`)
  if (link.mode !== mode.number)
    throw failure(`${word.mode} ${modeName(kind, link.mode)} does not match expected value: ${mode.name}`)
  if (mac !== undefined && mac.toLowerCase() !== link.mac)
    throw failure(`${word.interface} ${name} Mac ${mac} doesn't match container Mac: ${link.mac ?? ''}`)
  if (!link.up) throw failure(`${kind}: Interface ${name} is down`)
  return link
}
