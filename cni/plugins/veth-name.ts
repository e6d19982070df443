import type { Owner } from '../ipam/store.ts'

/** One interface of one container in a network. */
export interface Member extends Owner {
  readonly network: string
}

/** How many names for the host's end are tried. */
export const nameAttempts = 10

/** The longest alias that the kernel keeps. */
const aliasLength = 255
/** The longest comment that the packet filter keeps. */
const commentLength = 254

/**
 * The name of the host's end: `veth` and eight hexadecimal digits made of container id and interface name, so that DEL
 * finds it without the pod's namespace. A name may be taken by another pod's: `attempt` (from 0) gives the next one.
 */
export function hostVethName(owner: Owner, attempt: number): string {
  const text = `${owner.containerId}/${owner.ifName}/${attempt}`
  // FNV-1a: short names need no cryptography, the alias says whose an interface really is.
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return `veth${(hash >>> 0).toString(16).padStart(8, '0')}`
}

/** All names that the host's end of that owner may have. */
export const hostVethNames = (owner: Owner): readonly string[] =>
  Array.from({ length: nameAttempts }, (_, attempt) => hostVethName(owner, attempt))

/**
 * What the host's end carries as its alias: whose it is, for DEL, for GC and for people. No part has a space. Only names of
 * interfaces can hold more than ASCII, in which the kernel's answer is read: an underscore stands for such a letter.
 */
export function hostVethAlias({ network, containerId, ifName }: Member): string {
  const readable = Array.from(ifName, (letter) => (letter <= '~' ? letter : '_')).join('')
  return `${aliasPrefix(network)}${containerId}/${readable}`.slice(0, aliasLength)
}

/** What the pod's rules carry as comments: the same, as far as there is room. */
export const masqueradeComment = (member: Member): string => hostVethAlias(member).slice(0, commentLength)

/** Whose interface a comment says that it is about; undefined if it is none of ours. */
export function ownerOfComment(comment: string): Owner | undefined {
  const [program, , name = '', ...rest] = comment.split(' ')
  const slash = name.indexOf('/')
  if (program !== 'podway' || slash < 0 || rest.length > 0) return undefined
  return { containerId: name.slice(0, slash), ifName: name.slice(slash + 1) }
}

/** Whether an alias or a comment is one of that network's. */
export const isAliasOf = (network: string, alias: string): boolean => alias.startsWith(aliasPrefix(network))

const aliasPrefix = (network: string): string => `podway ${network} `
