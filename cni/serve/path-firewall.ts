import type { Address } from '../../net/address.ts'
import { type ForeignChain, ForeignTables } from '../nftables/foreign-tables.ts'
import { type ChainVerdict, judgeChain } from '../nftables/judge-chain.ts'
import type { JudgedLink, JudgedPacket } from '../nftables/judge-rule.ts'
import { Family } from '../nftables/message.ts'
import { type Files, type System, isSysError } from '../sys.ts'
import type { PathChain, PathFirewall } from './protocol.ts'

/** A packet as the hooks of the packet filter see it. */
export interface FilteredPacket {
  readonly source: Address
  readonly destination: Address
  /** Undefined for the machine's own. */
  readonly entry: JudgedLink | undefined
  /** Undefined for what the machine takes for itself. */
  readonly exit: JudgedLink | undefined
  readonly isReply: boolean
  readonly isRoutedBack: boolean
  readonly destinationType: number
}

/** Which tables of the old iptables are in use: the kernel makes one when somebody first looks at it. */
const legacyFiles = { 4: '/proc/net/ip_tables_names', 6: '/proc/net/ip6_tables_names' } as const

/** By their numbers, NF_INET_*. */
const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const
type HookName = (typeof hooks)[number]
const families: Readonly<Record<number, string | undefined>> = { 1: 'inet', 2: 'ip', 10: 'ip6' }

/** What the packet filter does with the packet, chain by chain. */
export function firewallOf(system: System, packet: FilteredPacket): PathFirewall {
  const { family } = packet.source
  const legacy = legacyTables(system.files, family)
  const tables = new ForeignTables(system)
  const all = tables.baseChains()
  if (all === undefined) return { legacyTables: legacy }
  const passed = hooksOf(packet)
  const own = family === 4 ? Family.ipv4 : Family.ipv6
  const chains = all
    .filter((chain) => chain.family === Family.inet || chain.family === own)
    .flatMap((chain) => {
      const hook = hooks[chain.hook.number]
      // Who knows the connection asks no chain of type nat any more.
      const isSeen =
        hook !== undefined && passed.includes(hook) && !(packet.isReply && chain.hook.type === 'nat')
      return isSeen ? [{ chain, hook }] : []
    })
    .sort(
      (a, b) =>
        passed.indexOf(a.hook) - passed.indexOf(b.hook) || a.chain.hook.priority - b.chain.hook.priority,
    )
  return { legacyTables: legacy, chains: chains.map(({ chain, hook }) => judge(tables, chain, hook, packet)) }
}

/** In the order in which the packet meets them. */
function hooksOf({ entry, exit }: FilteredPacket): readonly HookName[] {
  if (entry === undefined) return ['output', 'postrouting']
  return exit === undefined ? ['prerouting', 'input'] : ['prerouting', 'forward', 'postrouting']
}

function judge(
  tables: ForeignTables,
  chain: ForeignChain,
  hook: HookName,
  packet: FilteredPacket,
): PathChain {
  const seen: JudgedPacket = {
    ...packet,
    entry: hook === 'postrouting' || hook === 'output' ? undefined : packet.entry,
    exit: hook === 'prerouting' || hook === 'input' ? undefined : packet.exit,
  }
  const table = tables.table(chain.family, chain.table)
  const found = judgeChain(table, chain.name, chain.policy, seen)
  return {
    family: families[chain.family] ?? String(chain.family),
    table: chain.table,
    chain: chain.name,
    hook,
    type: chain.hook.type,
    priority: chain.hook.priority,
    verdict: found.verdict,
    ...(found.rule === undefined ? {} : { rule: ruleText(found.rule, chain) }),
  }
}

const ruleText = ({ chain, handle }: NonNullable<ChainVerdict['rule']>, base: ForeignChain): string =>
  chain === base.name ? `the rule with handle ${handle}` : `the rule with handle ${handle} of chain ${chain}`

function legacyTables(files: Files, family: 4 | 6): readonly string[] {
  try {
    return files
      .read(legacyFiles[family])
      .split('\n')
      .filter((name) => name !== '')
  } catch (error) {
    // This kernel has no such thing.
    if (isSysError(error)) return []
    throw error
  }
}
