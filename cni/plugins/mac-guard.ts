import type { Call } from '../call.ts'
import { Nftables } from '../nftables/nftables.ts'
import { guardPort, guardedPorts, releasePorts } from '../nftables/port-guard.ts'
import { readValidAttachments } from '../spec/attachments.ts'
import { Errno, type System, isSysError } from '../sys.ts'
import type { Undo } from '../undo.ts'
import { failure } from './pod-check.ts'
import { type Member, isAliasOf, masqueradeComment } from './veth-name.ts'

/** Has the pod send under its own hardware address only, and remembers how to take that back. */
export function guardMac(
  system: System,
  { owner, port, mac }: { readonly owner: Member; readonly port: number; readonly mac: Uint8Array },
  undo: Undo,
): void {
  const nftables = new Nftables(system)
  const comment = masqueradeComment(owner)
  // Before the attempt: it may be there although the answer got lost.
  undo.add(() => {
    releasePorts(nftables, (found) => found === comment)
  })
  guardPort(nftables, { index: port, mac, comment })
}

/** Whatever the configuration says by now: what it said in ADD counts. */
export function endMacGuard({ system, environment, config }: Call): void {
  const own = masqueradeComment({ ...environment, network: config.name })
  endGuards(system, (comment) => comment === own)
}

/** Ends those of all attachments of the network that are not valid any more. */
export function collectMacGuards({ system, config }: Call): void {
  const valid = readValidAttachments(config.json)
  if (valid === undefined) return
  const network = config.name
  const kept = new Set(valid.map((attachment) => masqueradeComment({ ...attachment, network })))
  endGuards(system, (comment) => isAliasOf(network, comment) && !kept.has(comment))
}

/** @throws CniError "internal" (999) if the port of that index is not guarded for that owner */
export function checkMacGuard(system: System, owner: Member, port: number): void {
  const comment = masqueradeComment(owner)
  const ports = guardedPorts(new Nftables(system)) ?? []
  if (!ports.some((one) => one.index === port && one.comment === comment))
    throw failure('bridge: the check of hardware addresses is not set up any more')
}

function endGuards(system: System, isGone: (comment: string) => boolean): void {
  try {
    const nftables = new Nftables(system)
    if (releasePorts(nftables, isGone)) nftables.closeAside()
  } catch (error) {
    // A kernel without nf_tables has no rules.
    if (!isSysError(error, Errno.EPROTONOSUPPORT)) throw error
  }
}
