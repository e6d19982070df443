import { type Files, type Handle, isSysError } from '../sys.ts'

const folder = '/proc/sys/net'

/**
 * Sets a sysctl of an interface that makes life better, but that pods live without: where there is no IPv6, or
 * /proc/sys is read-only, nothing happens. Netlink has no words for these.
 */
export function trySysctl(files: Files, name: string, value: string, namespace?: Handle): void {
  try {
    setSysctl(files, name, value, namespace)
  } catch (error) {
    if (!isSysError(error)) throw error
  }
}

/** Sets a sysctl below `net/`, in the namespace if one is given. */
export function setSysctl(files: Files, name: string, value: string, namespace?: Handle): void {
  files.write(`${folder}/${name}`, value, 'existing', 0, namespace)
}

/**
 * Makes the host forward packets of the families. Nothing is written that is so already.
 *
 * A machine that lives on router advertisements (`accept_ra` 1 on its uplink) stops hearing them when IPv6 forwarding is
 * turned on here; whoever sets such machines up turns forwarding on before, with `accept_ra` 2.
 */
export function enableForwarding(files: Files, families: readonly (4 | 6)[]): void {
  for (const family of new Set(families)) {
    const name = family === 4 ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding'
    if (files.read(`${folder}/${name}`).trim() !== '1') setSysctl(files, name, '1')
  }
}
