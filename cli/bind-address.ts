import { isIPv4, isIPv6 } from 'node:net'
import { ValueError } from './settings/value-type.ts'

/** Where to listen. */
export interface BindAddress {
  /** An address of this machine, or a name for one; undefined: all of them, IPv4 and IPv6. */
  readonly host: string | undefined
  /** From 0 to 65535; at 0 the system chooses one. */
  readonly port: number
  /** As it was written, for messages. */
  readonly text: string
}

/**
 * `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; undefined for `0`, which is how it is switched off elsewhere.
 * @throws ValueError
 */
export function parseBindAddress(text: string): BindAddress | undefined {
  if (text === '0') return undefined
  const [, host = '', digits = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535 || !isHost(host)) {
    throw new ValueError(
      `expected a host and a port such as :10277, 127.0.0.1:10277 or [::1]:10277; or 0 for none`,
    )
  }
  return { host: host === '' ? undefined : host.replace(/^\[(.*)\]$/, '$1'), port, text }
}

const isHost = (host: string): boolean =>
  host === '' ||
  isIPv4(host) ||
  (host.startsWith('[') && host.endsWith(']') && isIPv6(host.slice(1, -1))) ||
  // What is all digits and dots is an address, and not a valid one.
  (/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(host) && !/^[\d.]+$/.test(host))
