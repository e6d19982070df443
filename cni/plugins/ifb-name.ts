import type { Owner } from '../ipam/store.ts'
import { sha512 } from './sha512.ts'
import { type Member, hostVethName } from './veth-name.ts'

/** How many names are tried, besides the one that upstream gives. */
const attempts = 2
const prefix = 'bwp'
/** The longest name that a link can have. */
const length = 15

/**
 * The names that a pod's ifb may have, in the order in which they are tried, so that DEL finds it without a namespace,
 * a previous result or a limit. A name may be taken by another's: the alias says whose it is.
 */
export const ifbNames = (owner: Owner): readonly string[] =>
  Array.from({ length: attempts }, (_, attempt) => hostVethName(owner, attempt).replace('veth', prefix))

/**
 * The same for the plugin `bandwidth`: first the name that upstream gives, so that either deletes what the other has made.
 * That knows no interface name, so a second interface of the same container in the same network gets one of ours.
 */
export const referenceIfbNames = (member: Member): readonly string[] => [
  `${prefix}${sha512(member.network + member.containerId)}`.slice(0, length),
  ...ifbNames(member),
]
