import type { Route } from '@aws-sdk/client-ec2'

/** An element that holds text and nothing else, which is all that a route consists of. */
const leaf = /<(?!item>)(\w+)>([^<]*)<\//g

/** Ten full tables. */
const usualCapacity = 10_000

/**
 * Reads a route's `<item>`. Of a table that is read again nearly all rows are what they were: the same text gives the same
 * object, which is frozen, so that whoever derives something from it can remember that too. Remembers the rows that were
 * read last, `capacity` of them at least, twice as many at most.
 */
export class RouteRows {
  readonly #capacity: number
  #recent = new Map<string, Route>()
  #older: ReadonlyMap<string, Route> = new Map()

  constructor(capacity = usualCapacity) {
    this.#capacity = capacity
  }

  read(item: string): Route {
    const recent = this.#recent.get(item)
    if (recent !== undefined) return recent
    const route = this.#older.get(item) ?? routeOf(item)
    if (this.#recent.size >= this.#capacity) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(item, route)
    return route
  }
}

/** EC2's elements are named as the SDK names its members, but for the first letter. */
const routeOf = (item: string): Route =>
  Object.freeze(
    Object.fromEntries(
      [...item.matchAll(leaf)].map(([, name = '', text = '']) => [capitalized(name), decoded(text)]),
    ),
  )

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

const decoded = (text: string): string =>
  text.includes('&') ? text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, character) : text

function character(entity: string, hex?: string, decimal?: string, name = ''): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return Number.isNaN(code) ? (named[name] ?? entity) : String.fromCodePoint(code)
}

/** Those of XML itself; EC2 defines no others. */
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
