import { AddressSyntaxError, parseAddress, type Address } from '../net/address.ts'
import { containsAddress, parseInterfaceAddress, cidrAround } from '../net/cidr.ts'

/**
 * The proxy that the environment asks for on the way to a server, or undefined for none, by the rules of Go's
 * `golang.org/x/net/http/httpproxy` that kubectl and every other Kubernetes client follow: `HTTPS_PROXY` for https and
 * `HTTP_PROXY` for http; never to localhost; `NO_PROXY` is a list of `*`, `domain` (and all below), `.domain` (only below),
 * addresses and CIDRs, all but the first with an optional `:port` where it makes sense. Lower-case names count too.
 *
 * Not undici's EnvHttpProxyAgent: it knows no CIDRs, and `NO_PROXY=10.0.0.0/8` is how clusters behind a proxy keep the
 * service address of their API server out of it.
 */
export function proxyFor(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const variable = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const proxy = either(env, variable)
  if (proxy === undefined) return undefined
  const host = bare(server.hostname.toLowerCase())
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port
  const address = addressOf(host)
  if (host === 'localhost' || (address !== undefined && isLoopback(address))) return undefined
  const exceptions = (either(env, 'NO_PROXY') ?? '').split(',').map((entry) => entry.trim().toLowerCase())
  if (exceptions.some((entry) => entry !== '' && matches(entry, host, port, address))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

const either = (env: NodeJS.ProcessEnv, name: string): string | undefined =>
  [env[name], env[name.toLowerCase()]].find((value) => value !== undefined && value !== '')

function matches(entry: string, host: string, port: string, address: Address | undefined): boolean {
  if (entry === '*') return true
  const range = rangeOf(entry)
  if (range !== undefined) return address !== undefined && containsAddress(range, address)
  const split = splitPort(entry)
  if (split.port !== undefined && split.port !== port) return false
  const named = addressOf(split.host)
  if (named !== undefined) return address?.family === named.family && address.value === named.value
  const domain = split.host.replace(/^\*\./, '.')
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
}

function splitPort(entry: string): { readonly host: string; readonly port: string | undefined } {
  if (addressOf(bare(entry)) !== undefined) return { host: bare(entry), port: undefined }
  const colon = /:(\d+)$/.exec(entry)
  return { host: bare(colon === null ? entry : entry.slice(0, colon.index)), port: colon?.[1] }
}

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

function addressOf(text: string): Address | undefined {
  return orUndefined(() => parseAddress(text))
}

/** Host bits are ignored, as Go's ParseCIDR does. */
function rangeOf(text: string): ReturnType<typeof cidrAround> | undefined {
  return orUndefined(() => {
    const { address, prefixLength } = parseInterfaceAddress(text)
    return cidrAround(address, prefixLength)
  })
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof AddressSyntaxError) return undefined
    throw error
  }
}

const isLoopback = (address: Address): boolean =>
  address.family === 4 ? address.value >> 24n === 127n : address.value === 1n
