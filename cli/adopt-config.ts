import type { Cidr } from '../net/cidr.ts'
import { type CloudConfig, type CloudFlags, readCloudConfig } from './cloud-options.ts'
import { readChoice, readCidr, readList } from './flag-values.ts'
import { type ListFormat, listFormats } from './output.ts'
import { UsageError } from './usage.ts'

/** The flags of `podway adopt` as commander hands them over. */
export interface AdoptFlags extends CloudFlags {
  readonly table?: string
  readonly state?: string
  readonly yes?: boolean
  readonly kubeconfig?: string
  readonly output: string
}

export interface AdoptConfig extends CloudConfig {
  /** Only these; all if there is none. */
  readonly destinations: readonly Cidr[]
  /** Ids or names; all if there is none. */
  readonly tables: readonly string[]
  /** The ledger's file; NodeRoutes where there is none. */
  readonly state: string | undefined
  readonly yes: boolean
  readonly kubeconfig: string | undefined
  readonly output: ListFormat
}

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readAdoptConfig(destinations: readonly string[], flags: AdoptFlags): AdoptConfig {
  if (flags.state?.trim() === '') throw new UsageError('--state is empty: name the file')
  const tables = readList(flags.table ?? '')
  if (flags.table !== undefined && tables.length === 0)
    throw new UsageError('--table is empty: name tables, or leave it out for all of them')
  return {
    ...readCloudConfig(flags),
    destinations: destinations.map((text) => readCidr('destination', text)),
    tables,
    state: flags.state,
    yes: flags.yes === true,
    kubeconfig: flags.kubeconfig,
    output: readChoice('output', flags.output, listFormats),
  }
}
