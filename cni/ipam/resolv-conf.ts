import type { Dns } from '../spec/result.ts'

/** Reads resolv.conf(5): `nameserver` and `domain` by word, `search` and `options` add up; other lines mean nothing. */
export function parseResolvConf(text: string): Dns {
  const nameservers: string[] = []
  const search: string[] = []
  const options: string[] = []
  let domain: string | undefined
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    const [keyword, first, ...rest] = trimmed.replaceAll('\t', ' ').split(' ').filter(Boolean)
    if (first === undefined) continue
    if (keyword === 'nameserver') nameservers.push(first)
    else if (keyword === 'domain') domain = first
    else if (keyword === 'search') search.push(first, ...rest)
    else if (keyword === 'options') options.push(first, ...rest)
  }
  return { nameservers, domain, search, options }
}
