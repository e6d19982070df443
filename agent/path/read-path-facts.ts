import {
  type Read,
  boolean,
  count,
  list,
  object,
  objectOf,
  oneOf,
  optional,
  text,
} from '../machine/fields.ts'
import type { PathEnd, PathFacts, PathLink, PathRoute } from './path-facts.ts'

const route = object<PathRoute>({
  destination: text,
  kind: oneOf(
    'unicast',
    'local',
    'broadcast',
    'multicast',
    'blackhole',
    'unreachable',
    'prohibit',
    'throw',
    'other',
  ),
  table: count,
  protocol: count,
  gateway: optional(text),
  interface: optional(text),
  mtu: optional(count),
})

const link = object<PathLink>({
  name: text,
  kind: optional(text),
  isUp: boolean,
  hasCarrier: boolean,
  mtu: count,
  mac: optional(text),
  alias: optional(text),
  forwards: boolean,
  reversePathFilter: optional(count),
  peer: optional(
    object<NonNullable<PathLink['peer']>>({ name: text, isUp: boolean, mtu: count, mac: optional(text) }),
  ),
})

const end = object<PathEnd>({
  route: optional(route),
  link: optional(link),
  neighbour: optional(
    object<NonNullable<PathEnd['neighbour']>>({
      state: oneOf('known', 'permanent', 'asked', 'failed'),
      mac: optional(text),
    }),
  ),
})

type Way = PathFacts['way']
const foundWay = object<Extract<Way, { result: 'found' }>>({ result: oneOf('found'), route })
const refusedWay = object<Extract<Way, { result: 'refused' }>>({
  result: oneOf('refused'),
  why: oneOf('reverse-path', 'no-route', 'unreachable', 'prohibit', 'blackhole', 'martian', 'other'),
  errno: count,
})
const way: Read<Way> = (value, path) =>
  objectOf(value, path).result === 'refused' ? refusedWay(value, path) : foundWay(value, path)

type Firewall = PathFacts['firewall']
const priority: Read<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return count(value, path)
  return value
}
const chain = object<NonNullable<Firewall['chains']>[number]>({
  family: text,
  table: text,
  chain: text,
  hook: oneOf('prerouting', 'input', 'forward', 'output', 'postrouting'),
  type: oneOf('filter', 'nat', 'route'),
  priority,
  verdict: oneOf('accept', 'drop', 'masquerade', 'translate', 'unclear'),
  rule: optional(text),
})

/** What a machine said of a packet; it may be one of another version. @throws AnswerError */
export const readPathFacts: Read<PathFacts> = object<PathFacts>({
  source: end,
  destination: end,
  entry: optional(link),
  way,
  exit: optional(link),
  forwards: boolean,
  downInterfaces: list(text),
  firewall: object<Firewall>({ chains: optional(list(chain)), legacyTables: list(text) }),
})
