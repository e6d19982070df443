import { createVeth as createPair } from '../netlink/creation.ts'
import { isOpError } from '../netlink/error.ts'
import { type Link, formatMac } from '../netlink/link.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { Errno, type System } from '../sys.ts'
import type { Undo } from '../undo.ts'
import { randomMac } from './random-mac.ts'
import type { Sandbox } from './sandbox.ts'
import { type Member, hostVethAlias, hostVethName, nameAttempts } from './veth-name.ts'

/** A veth pair that was made. */
export interface Veth {
  /** The pod's end. */
  readonly link: Link
  readonly hostName: string
  readonly hostMac: Uint8Array
  /** Index of the host's end, in the host's namespace. */
  readonly hostIndex: number
  /** Text that the host's end carries from now on. */
  readonly hostAlias: string
}

export interface VethRequest {
  readonly pod: Rtnetlink
  readonly host: Rtnetlink
  readonly sandbox: Sandbox
  readonly owner: Member
  readonly mtu: number | undefined
  /** Of the pod's end; a random one if absent. */
  readonly mac: Uint8Array | undefined
}

/**
 * Makes the pair with one message, both ends where they belong, and remembers how to take it back.
 *
 * @throws CniError "internal" (999), with upstream's text, if the pod has an interface of that name
 */
export function createVeth(system: System, request: VethRequest, undo: Undo): Veth {
  const { pod, host, sandbox, owner, mtu } = request
  const { files } = system
  const macs = [request.mac ?? randomMac(system), randomMac(system)] as const
  const podEnd = { name: owner.ifName, namespace: files.descriptor(sandbox.pod), mac: macs[0] }
  let hostName = ''
  // Before the attempt: the pair may be there although the answer got lost. The address of the host's end, which is
  // always random, says that it is ours.
  undo.add(() => {
    const made = host.link(hostName)
    if (made?.mac === formatMac(macs[1])) host.deleteLink(made.index)
  })
  for (let attempt = 0; attempt < nameAttempts; attempt++) {
    hostName = hostVethName(owner, attempt)
    const hostEnd = { name: hostName, namespace: files.descriptor(sandbox.host), mac: macs[1] }
    let link: Link | undefined
    try {
      link = createPair(pod, podEnd, hostEnd, mtu)
    } catch (error) {
      if (!isOpError(error, Errno.EEXIST)) throw error
      if (pod.link(owner.ifName) !== undefined)
        throw new CniError(
          ErrorCode.internal,
          `container veth name (${JSON.stringify(owner.ifName)}) peer provided (${JSON.stringify(hostName)}) already exists`,
        )
      continue
    }
    if (link?.peerIndex === undefined)
      throw new Error(`the veth ${owner.ifName} vanished while it was set up`)
    return {
      link,
      hostName,
      hostMac: macs[1],
      hostIndex: link.peerIndex,
      hostAlias: hostVethAlias(owner),
    }
  }
  throw new CniError(ErrorCode.tryAgainLater, 'failed to find a unique veth name')
}
