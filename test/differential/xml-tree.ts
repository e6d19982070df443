/** One element, as far as EC2 uses XML: it has children or text, never both, and attributes mean nothing. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  readonly text: string
}

/** @throws SyntaxError for what is no well-formed document of one element */
export function parseXml(document: string): XmlElement {
  const token = /<\?[^?]*\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|[^<]+/y
  const root: Draft = { name: '', children: [], text: '' }
  const open: Draft[] = [root]
  while (token.lastIndex < document.length) {
    const at = token.lastIndex
    const match = token.exec(document)
    const current = open.at(-1)
    if (match === null || current === undefined)
      throw new SyntaxError(`no XML at ${at}: ${document.slice(at, at + 60)}`)
    const [all, closing, name, , empty] = match
    if (name === undefined) {
      if (!all.startsWith('<?')) current.text += unescape(all)
    } else if (closing === '/') {
      if (current.name !== name) throw new SyntaxError(`</${name}> ends <${current.name}>`)
      open.pop()
    } else {
      const element: Draft = { name, children: [], text: '' }
      current.children.push(element)
      if (empty !== '/') open.push(element)
    }
  }
  const [element, ...others] = root.children
  if (open.length > 1 || element === undefined || others.length > 0)
    throw new SyntaxError(`not one whole element: ${document.slice(0, 60)}`)
  return element
}

interface Draft {
  readonly name: string
  readonly children: Draft[]
  text: string
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescape = (text: string): string =>
  text.replaceAll(
    /&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? all
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
    },
  )

/** The first child of each name, one below the other. */
export function descend(element: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  let found: XmlElement | undefined = element
  for (const name of path) found = found?.children.find((child) => child.name === name)
  return found
}
