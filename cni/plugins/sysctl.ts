import { type Files, type Handle, isSysError } from '../sys.ts'

export const sysctlFolder = '/proc/sys/net'

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
  files.write(`${sysctlFolder}/${name}`, value, 'existing', 0, namespace)
}
