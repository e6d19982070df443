import { type Address, addressToBytes } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'

/**
 * The name of a new route: `podway.10.244.3.0_24`, `podway.fd00-0010-0244-0003-0000-0000-0000-0000_64`. Of two destinations
 * never the same (`cidrtoRfc1035` of cloud-provider-azure gives one to 10.24.40.0/24 and 10.244.0.0/24), none the beginning
 * of another that counts (deletes are by the whole name), and the same for whichever node has the destination. At most 65
 * characters of those that Azure takes; its names end at 80.
 *
 * A name that somebody else has given to another route gets a number.
 * @param taken in lower case: Azure's names differ by more than that
 */
export function routeName(destination: Cidr, taken: ReadonlySet<string>): string {
  const name = plainName(destination)
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`
  return free
}

/** Whether it is a name that podway gives to a new route to the destination, in any spelling. */
export function isNamedFor(destination: Cidr, name: string): boolean {
  const [text, plain] = [name.toLowerCase(), plainName(destination)]
  return text === plain || (text.startsWith(`${plain}_`) && /^[0-9]+$/.test(text.slice(plain.length + 1)))
}

function plainName({ family, network: value, prefixLength }: Cidr): string {
  return `podway.${textOf({ family, value })}_${prefixLength}`
}

function textOf(address: Address): string {
  const bytes = addressToBytes(address)
  if (address.family === 4) return bytes.join('.')
  const hex = Buffer.from(bytes).toString('hex')
  return (hex.match(/.{4}/g) ?? []).join('-')
}
