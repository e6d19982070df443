import { AddressSyntaxError, formatAddress, parseAddress } from '../../net/address.ts'
import { type Cidr, containsAddress, formatCidr, parseCidr } from '../../net/cidr.ts'

/**
 * What one cloud calls the things that several clouds have: the id behind each name, one to one, and the IPv6 range of the
 * VPC, which every cloud chooses for itself. Requests are written in names (`<table>`, `2001:db8:0:1::/64`) and put into
 * the cloud's words; answers are put back, so that those of two clouds are equal if they say the same of the same things.
 */
export class Names {
  private readonly idByName = new Map<string, string>()
  private readonly nameById = new Map<string, string>()
  private range: Cidr | undefined

  /** @throws Error if the name or the id is taken: it would no longer be one to one */
  give(name: string, id: string): void {
    if (this.idByName.has(name)) throw new Error(`<${name}> is ${this.idByName.get(name) ?? ''} already`)
    if (this.nameById.has(id)) throw new Error(`${id} is <${this.nameById.get(id) ?? ''}> already`)
    this.idByName.set(name, id)
    this.nameById.set(id, name)
  }

  /** The VPC's /56, as the cloud writes it. */
  setRange(text: string): void {
    this.range = parseCidr(tidy(text))
  }

  /** @throws NamelessError for a name that nothing has */
  toWire(value: string): string {
    const named = value.replaceAll(/<(\w+)>/g, (_, name: string) => {
      const id = this.idByName.get(name)
      if (id === undefined) throw new NamelessError(`nothing is called <${name}>`)
      return id
    })
    return this.range === undefined ? named : moved(named, EXAMPLE, this.range)
  }

  fromWire(value: string): string {
    const name = this.nameById.get(value)
    if (name !== undefined) return `<${name}>`
    return this.range === undefined ? value : moved(value, this.range, EXAMPLE)
  }
}

export class NamelessError extends Error {}

/** The range that requests and reports are written in. */
const EXAMPLE = parseCidr('2001:db8::/56')

/** An address or range within `from`, at the same place within `to`; anything else as it is. */
function moved(text: string, from: Cidr, to: Cidr): string {
  const [address = '', length] = text.split('/')
  if (!address.includes(':')) return text
  try {
    const parsed = parseAddress(tidy(address))
    if (!containsAddress(from, parsed)) return text
    const there = { family: 6, value: parsed.value - from.network + to.network } as const
    return length === undefined
      ? formatAddress(there)
      : formatCidr({ family: 6, network: there.value, prefixLength: Number(length) })
  } catch (error) {
    if (error instanceof AddressSyntaxError) return text
    throw error
  }
}

/** LocalStack draws ranges as texts, some with leading zeros (`2400:6500:0a3f:b00::/56`), which no reader here minds. */
const tidy = (text: string): string => text.replaceAll(/(^|:)0+(?=[0-9a-f])/g, '$1')
