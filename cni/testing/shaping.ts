import { run } from './binary.ts'

/** A discipline as `tc -j qdisc` has it. */
export interface TcQdisc {
  readonly kind: string
  readonly handle: string
  readonly root?: boolean
  readonly options: { readonly rate?: number; readonly burst?: number; readonly lat?: number }
}

/** The disciplines of a link, by `tc`; not those that every link has. */
export const qdiscs = (dev: string): readonly TcQdisc[] =>
  (JSON.parse(run('tc', '-j', '-s', 'qdisc', 'show', 'dev', dev)) as readonly TcQdisc[]).filter(
    ({ kind }) => kind !== 'noqueue',
  )

/** A filter as `tc -j filter` has it. */
export interface TcFilter {
  readonly protocol: string
  readonly kind: string
  readonly options?: {
    readonly actions?: readonly { readonly kind: string; readonly to_dev?: string }[]
  }
}

/** The links that the filters of a link's entrance redirect to. */
export const redirects = (dev: string): readonly (string | undefined)[] =>
  (
    JSON.parse(run('tc', '-j', '-s', 'filter', 'show', 'dev', dev, 'ingress') || '[]') as readonly TcFilter[]
  ).flatMap(({ options }) => options?.actions?.map(({ to_dev }) => to_dev) ?? [])
