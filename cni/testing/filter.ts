import { spawnSync } from 'node:child_process'
import { findNft } from '../../test/nft/nft.ts'
import { run } from './binary.ts'

/** Runs nft in our namespace or in a named one. */
export function nft(netns: string | undefined, ...args: readonly string[]): string {
  const program = findNft() ?? 'nft'
  return netns === undefined ? run(program, ...args) : run('ip', 'netns', 'exec', netns, program, ...args)
}

/** Feeds a script to nft. */
export function nftScript(netns: string | undefined, script: string): void {
  const program = findNft() ?? 'nft'
  const by = netns === undefined ? [] : ['netns', 'exec', netns, program]
  const ended = spawnSync(netns === undefined ? program : 'ip', [...by, '-f', '-'], {
    input: script,
    encoding: 'utf8',
  })
  if (ended.status !== 0) throw new Error(`nft: ${ended.stderr}`)
}

/** The rules as nft prints them, without counters' values, each line without its indentation. */
export function ruleset(netns?: string, table = 'inet podway'): readonly string[] {
  const tables = nft(netns, 'list', 'tables')
  if (!tables.includes(`table ${table}\n`)) return []
  return nft(netns, '-s', 'list', 'table', ...table.split(' '))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

interface JsonObject {
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] }
  readonly map?: { readonly name: string; readonly elem?: readonly unknown[] }
  readonly rule?: { readonly chain: string; readonly expr: readonly object[] }
  readonly chain?: { readonly name: string }
}

const json = (netns: string | undefined): readonly JsonObject[] =>
  (
    JSON.parse(nft(netns, '-j', 'list', 'table', 'inet', 'podway')) as {
      readonly nftables: readonly JsonObject[]
    }
  ).nftables

/** The ranges and addresses of a set, as `nft -j` has them. */
export function elementsOf(set: string, netns?: string): readonly string[] {
  const found = json(netns).find((object) => (object.set ?? object.map)?.name === set)
  if (found === undefined) throw new Error(`no set ${set}`)
  return ((found.set ?? found.map)?.elem ?? []).map(printElement).sort()
}

function printElement(element: unknown): string {
  if (typeof element === 'string') return element
  const { prefix, elem, range } = element as {
    readonly prefix?: { readonly addr: string; readonly len: number }
    readonly range?: readonly string[]
    readonly elem?: { readonly val: unknown }
  }
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`
  if (range !== undefined) return range.join('-')
  return elem === undefined ? JSON.stringify(element) : printElement(elem.val)
}

/** How many packets each counter of a chain has counted, rule by rule. */
export function counters(chain: string, netns?: string): readonly number[] {
  return json(netns)
    .filter((object) => object.rule?.chain === chain)
    .flatMap((object) => object.rule?.expr ?? [])
    .flatMap((expression) =>
      'counter' in expression ? [(expression.counter as { readonly packets: number }).packets] : [],
    )
}
