import { GceError } from './errors.ts'

type Value = string | number | boolean | undefined
type Test = (resource: object) => boolean

/**
 * What a list's `filter` lets through. Two languages, never both in one filter: comparisons after AIP-160
 * (`(name = "a") OR (status != RUNNING)`, `labels.owner:*`), and regular expressions that have to match the whole field
 * (`(name eq prod-.*) (network ne .*default)`). Fields of what stands in lists can't be asked for here.
 *
 * @throws GceError invalid
 */
export function readFilter(text: string): Test {
  const parser = new Parser(text)
  return parser.filter()
}

const TOKEN =
  /\s*(?:([()])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(!=|>=|<=|[=<>:])|([^\s()"'=<>!:]+(?::(?!\*)[^\s()"'=<>!]*)*))/y

type Token =
  | { readonly kind: 'paren' | 'operator' | 'word'; readonly text: string }
  | { readonly kind: 'quoted'; readonly text: string }

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #next = 0
  #languages = new Set<'aip' | 'regexp'>()

  constructor(text: string) {
    this.#text = text
    this.#tokens = this.#scan()
  }

  filter(): Test {
    if (this.#tokens.length === 0) return () => true
    const test = this.#disjunction()
    if (this.#next < this.#tokens.length) throw this.#malformed()
    if (this.#languages.size > 1)
      throw this.#malformed('Regular expressions and comparisons can not be mixed.')
    return test
  }

  #scan(): readonly Token[] {
    const tokens: Token[] = []
    let from = 0
    while (this.#text.slice(from).trim() !== '') {
      TOKEN.lastIndex = from
      const [whole, paren, double, single, operator, word] = TOKEN.exec(this.#text) ?? []
      if (whole === undefined) throw this.#malformed()
      from += whole.length
      const quoted = double ?? single
      if (paren !== undefined) tokens.push({ kind: 'paren', text: paren })
      else if (quoted !== undefined)
        tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(["'\\])/g, '$1') })
      else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator })
      else tokens.push({ kind: 'word', text: word ?? '' })
    }
    return tokens
  }

  #disjunction(): Test {
    const tests = [this.#conjunction()]
    while (this.#takes('OR')) tests.push(this.#conjunction())
    return (resource) => tests.some((test) => test(resource))
  }

  /** Neighbours without a word between them must both be true. */
  #conjunction(): Test {
    const tests = [this.#term()]
    while (this.#next < this.#tokens.length && !this.#sees('OR') && !this.#sees(')')) {
      this.#takes('AND')
      tests.push(this.#term())
    }
    return (resource) => tests.every((test) => test(resource))
  }

  #term(): Test {
    if (this.#takes('NOT')) {
      const test = this.#term()
      return (resource) => !test(resource)
    }
    if (!this.#takes('(')) return this.#comparison()
    const test = this.#disjunction()
    if (!this.#takes(')')) throw this.#malformed()
    return test
  }

  #comparison(): Test {
    const field = this.#take()
    const operator = this.#take()
    if (field?.kind !== 'word' || operator === undefined) throw this.#malformed()
    const read = (resource: object): Value => fieldOf(resource, field.text)
    const value = this.#take()
    if (value === undefined || value.kind === 'paren' || value.kind === 'operator') throw this.#malformed()
    if (operator.kind === 'word' && (operator.text === 'eq' || operator.text === 'ne')) {
      this.#languages.add('regexp')
      const pattern = this.#regexp(value.text)
      const wanted = operator.text === 'eq'
      return (resource) => pattern.test(String(read(resource) ?? '')) === wanted
    }
    if (operator.kind !== 'operator') throw this.#malformed()
    this.#languages.add('aip')
    return compare(operator.text, read, value)
  }

  #regexp(source: string): RegExp {
    try {
      return new RegExp(`^(?:${source})$`, 'su')
    } catch {
      throw this.#malformed()
    }
  }

  #sees(text: string): boolean {
    const token = this.#tokens[this.#next]
    return token?.kind !== 'quoted' && token?.text === text
  }

  #takes(text: string): boolean {
    const seen = this.#sees(text)
    if (seen) this.#next++
    return seen
  }

  #take(): Token | undefined {
    return this.#tokens[this.#next++]
  }

  #malformed(why = 'Invalid list filter expression.'): GceError {
    return new GceError(400, 'invalid', `Invalid value for field 'filter': '${this.#text}'. ${why}`)
  }
}

function compare(operator: string, read: (resource: object) => Value, { kind, text }: Token): Test {
  const literal = (value: Value): boolean => {
    if (value === undefined) return false
    if (typeof value === 'string' && (kind === 'word' || kind === 'quoted') && text.includes('*'))
      return new RegExp(`^${text.split('*').map(RegExp.escape).join('.*')}$`, 's').test(value)
    return String(value) === text
  }
  switch (operator) {
    case '=':
      return (resource) => literal(read(resource))
    case '!=':
      return (resource) => !literal(read(resource))
    case ':':
      return text === '*'
        ? (resource) => read(resource) !== undefined
        : (resource) => String(read(resource) ?? '').includes(text)
    case '>':
      return (resource) => Number(read(resource)) > Number(text)
    case '<':
      return (resource) => Number(read(resource)) < Number(text)
    case '>=':
      return (resource) => Number(read(resource)) >= Number(text)
    default:
      return (resource) => Number(read(resource)) <= Number(text)
  }
}

function fieldOf(resource: object, path: string): Value {
  let value: unknown = resource
  for (const name of path.split('.')) {
    if (Array.isArray(value))
      throw new GceError(
        400,
        'invalid',
        `Invalid value for field 'filter': '${path}'. It leads through a list.`,
      )
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  }
  return typeof value === 'object' ? undefined : (value as Value)
}
