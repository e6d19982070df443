import { type Files, isSysError } from '../sys.ts'
import { setSysctl, sysctlFolder } from './sysctl.ts'

/**
 * Makes the host forward packets of the families. Nothing is written that is so already.
 *
 * The kernel drops the default routes that it has learnt from router advertisements when IPv6 forwarding is turned on,
 * and learns no more, unless an interface says that it wants both: `accept_ra` 2. So those that listen now get that
 * before (https://github.com/moby/moby/issues/43466): else the machine's first pod with IPv6 would cut it off.
 */
export function enableForwarding(files: Files, families: readonly (4 | 6)[]): void {
  for (const family of new Set(families)) {
    const name = family === 4 ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding'
    if (files.read(`${sysctlFolder}/${name}`).trim() === '1') continue
    if (family === 6) keepListening(files)
    setSysctl(files, name, '1')
  }
}

/** Whether an interface listens without forwarding only, as the kernel's default is. */
const withoutForwarding = '1'
const always = '2'

function keepListening(files: Files): void {
  const folder = `${sysctlFolder}/ipv6/conf`
  for (const name of files.list(folder)) {
    // These two are no interfaces, but what new ones begin with: our own among them.
    if (name === 'all' || name === 'default') continue
    try {
      if (files.read(`${folder}/${name}/accept_ra`).trim() === withoutForwarding)
        setSysctl(files, `ipv6/conf/${name}/accept_ra`, always)
    } catch (error) {
      // It is gone meanwhile.
      if (!isSysError(error)) throw error
    }
  }
}
