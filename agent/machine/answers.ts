import type {
  Changed,
  FoundConfiguration,
  Garbage,
  Greeting,
  Installation,
  KernelLink,
  KernelRoute,
  KernelTable,
  News,
  NoParameters,
  OperationName,
  Result,
  RouteHazards,
  RouteOutcome,
  ServeFailure,
} from '../../cni/serve/protocol.ts'
import { readPathFacts } from '../path/read-path-facts.ts'
import {
  type Read,
  boolean,
  count,
  list,
  object,
  objectOf,
  oneOf,
  onlyTrue,
  optional,
  text,
} from './fields.ts'

const failure = object<ServeFailure>({
  code: oneOf('invalid', 'unsupported', 'refused', 'system'),
  message: text,
  field: optional(text),
  errno: optional(count),
})

const changed = object<Changed>({ changed: list(text) })

const configuration = object<FoundConfiguration>({
  file: text,
  isOurs: boolean,
  name: optional(text),
  types: optional(list(text)),
  ranges: optional(list(text)),
})

const route = object<KernelRoute>({
  destination: text,
  kind: optional(oneOf('blackhole', 'unreachable', 'prohibit', 'throw')),
  protocol: count,
  scope: count,
  gateway: optional(text),
  interface: optional(text),
  ways: optional(count),
  metric: count,
  isDead: optional(onlyTrue),
})

const link = object<KernelLink>({ name: text, isUp: boolean, addresses: list(text) })

const done = object<Extract<RouteOutcome, { result: 'done' }>>({
  result: oneOf('done'),
  existed: optional(onlyTrue),
})

const failed = object<Extract<RouteOutcome, { result: 'failed' }>>({
  result: oneOf('failed'),
  reason: oneOf('changed', 'unreachable', 'refused', 'system'),
  message: text,
  errno: optional(count),
})

const outcome: Read<RouteOutcome> = (value, path) =>
  objectOf(value, path).result === 'failed' ? failed(value, path) : done(value, path)

const garbage = object<Garbage>({
  kind: oneOf('reservation', 'link', 'rule', 'result'),
  what: text,
  containerId: optional(text),
  why: text,
})

const nothing: Read<NoParameters> = (value, path) => {
  objectOf(value, path)
  return {}
}

const results: { readonly [N in OperationName]: Read<Result<N>> } = {
  hello: object<Greeting>({ protocol: count, version: text, bootId: text }),
  'cni.inspect': object<Installation>({ configurations: list(configuration), plugins: list(text) }),
  'cni.install': changed,
  'cni.configure': changed,
  'cni.uninstall': changed,
  'routes.list': object<KernelTable>({ routes: list(route), links: list(link) }),
  'routes.apply': object<Result<'routes.apply'>>({ outcomes: list(outcome) }),
  'routes.watch': nothing,
  'routes.inspect': object<RouteHazards>({ networkd: oneOf('absent', 'keeps', 'removes') }),
  'rules.set': changed,
  'addresses.hold': changed,
  'path.inspect': readPathFacts,
  'garbage.collect': object<Result<'garbage.collect'>>({ collected: list(garbage) }),
}

/** What an operation gave back. The other half is trusted, but it may be of another version. @throws AnswerError */
export const readResult = <N extends OperationName>(operation: N, value: unknown): Result<N> =>
  // The table has the reader of each; TypeScript can't follow N through an indexed type.
  results[operation](value, operation)

/** A frame from the serving side: an answer whose result is still to be read, or news. @throws AnswerError */
export function readMessage(
  value: unknown,
): News | { readonly id: number; readonly outcome: { readonly result: unknown } | ServeFailure } {
  const message = objectOf(value, 'the message')
  if (message.news !== undefined) return { news: oneOf('routes')(message.news, 'news') }
  const id = count(message.id, 'id')
  if (message.error !== undefined) return { id, outcome: failure(message.error, 'error') }
  return { id, outcome: { result: message.result } }
}
