import type { Family } from '../../net/address.ts'
import { type Cidr, parseCidr, parseInterfaceAddress, cidrAround } from '../../net/cidr.ts'
import type { Condition, Conditions } from '../nftables/port-conditions.ts'
import type { End } from '../nftables/steps.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { type JsonObject, configError, inField, optionalStrings } from '../spec/json.ts'

/** What iptables and nft call the ends of a packet's way. */
const iptablesEnds: Readonly<Record<string, End>> = {
  '-s': 'source',
  '--source': 'source',
  '--src': 'source',
  '-d': 'destination',
  '--destination': 'destination',
  '--dst': 'destination',
}
const nftEnds: Readonly<Record<string, End>> = { saddr: 'source', daddr: 'destination' }
/** IFNAMSIZ, without the NUL. */
const longestName = 15

/**
 * Reads `conditionsV4` and `conditionsV6`: what is about addresses and interfaces, in the words of iptables or of nft,
 * which may be one text or many.
 *
 * @throws CniError "unsupported field" (2) naming the first word that is none of these, "config" (7)
 */
export const readConditions = (json: JsonObject): readonly Conditions[] =>
  ([4, 6] as const).flatMap((family) => {
    const key = `conditionsV${family}`
    const texts = optionalStrings(json, key, key) ?? []
    const words = new Words(key, splitWords(texts.join(' ')))
    const all: Condition[] = []
    while (!words.isAtEnd) all.push(readCondition(words, family))
    return all.length === 0 ? [] : [{ family, all }]
  })

/** nft takes a list in braces with or without spaces. Without regular expressions, which the node binary has none of. */
function splitWords(text: string): readonly string[] {
  let spaced = ''
  for (const letter of text) {
    if (['{', '}', ','].includes(letter)) spaced += ` ${letter} `
    else spaced += ['\t', '\n'].includes(letter) ? ' ' : letter
  }
  return spaced.split(' ').filter((word) => word !== '')
}

class Words {
  readonly key: string
  readonly #words: readonly string[]
  #at = 0

  constructor(key: string, words: readonly string[]) {
    this.key = key
    this.#words = words
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#words.length
  }

  /** Takes the next word if it is one of these. */
  skip(...expected: readonly string[]): boolean {
    const isThere = expected.includes(this.#words[this.#at] ?? '')
    if (isThere) this.#at++
    return isThere
  }

  take(): string {
    const word = this.#words[this.#at++]
    if (word !== undefined) return word
    throw configError(`${this.key} ends where more is expected, behind ${JSON.stringify(this.#words.at(-1))}`)
  }
}

function readCondition(words: Words, family: Family): Condition {
  const isNegated = words.skip('!')
  const word = words.take()
  const end = iptablesEnds[word]
  if (end !== undefined) {
    const ranges = readCommas(words, family)
    if (isNegated && ranges.length > 1)
      throw configError(
        `${words.key}: ! takes one address of ${word}, not ${ranges.length}: repeat ! ${word}`,
      )
    return { about: 'address', end, isInverted: isNegated, ranges }
  }
  if (word === '-i' || word === '--in-interface') return readInterface(words, isNegated, '+')
  if (isNegated) throw unsupported(words.key, word)
  if (word === 'iifname') return readInterface(words, readOperator(words), '*')
  if (word !== (family === 4 ? 'ip' : 'ip6')) throw unsupported(words.key, word)
  const field = words.take()
  const side = nftEnds[field]
  if (side === undefined) throw unsupported(words.key, `${word} ${field}`)
  const isInverted = readOperator(words)
  const ranges = words.skip('{') ? readBraces(words, family) : [readRange(words, family)]
  return { about: 'address', end: side, isInverted, ranges }
}

const unsupported = (key: string, word: string): CniError =>
  new CniError(
    ErrorCode.unsupportedField,
    `${key}: ${JSON.stringify(word)} is not supported`,
    `conditions are about addresses and interfaces: [!] -s, -d, -i of iptables, or ${key.endsWith('4') ? 'ip' : 'ip6'} saddr, daddr and iifname of nft; leave others out`,
  )

/** Whether nft's operator, which may be left out, says "other than". */
function readOperator(words: Words): boolean {
  if (words.skip('!=', 'ne')) return true
  words.skip('==', 'eq')
  return false
}

function readCommas(words: Words, family: Family): readonly Cidr[] {
  const ranges = [readRange(words, family)]
  while (words.skip(',')) ranges.push(readRange(words, family))
  return ranges
}

function readBraces(words: Words, family: Family): readonly Cidr[] {
  const ranges = readCommas(words, family)
  const word = words.take()
  if (word !== '}')
    throw configError(`${words.key} has ${JSON.stringify(word)} where } or a comma is expected`)
  return ranges
}

/** One address, or a range; bits behind its prefix mean nothing, as to iptables and nft. */
function readRange(words: Words, family: Family): Cidr {
  const text = words.take()
  const range = inField(words.key, () => {
    if (!text.includes('/')) return parseCidr(`${text}/${text.includes(':') ? 128 : 32}`)
    const { address, prefixLength } = parseInterfaceAddress(text)
    return cidrAround(address, prefixLength)
  })
  if (range.family !== family) throw configError(`${words.key}: ${text} is not of IPv${family}`)
  return range
}

function readInterface(words: Words, isInverted: boolean, wildcard: string): Condition {
  const word = words.take()
  const isQuoted = word.length > 1 && word.startsWith('"') && word.endsWith('"')
  const text = isQuoted ? word.slice(1, -1) : word
  const isPrefix = text.endsWith(wildcard)
  const name = isPrefix ? text.slice(0, -1) : text
  if (
    name === '' ||
    name.length > longestName ||
    ['"', '/', '{', '}', ','].some((letter) => name.includes(letter))
  )
    throw configError(
      `${words.key}: ${JSON.stringify(text)} is no interface's name: 1 to ${longestName} letters`,
    )
  return { about: 'interface', isInverted, name, isPrefix }
}
