import type { Cidr } from '../net/cidr.ts'
import { type CloudConfig, readCloudConfig } from './cloud-config.ts'
import { readCidr } from './read-cidr.ts'
import type { ListFormat } from './output.ts'
import type { Settings } from './settings/command-settings.ts'
import { UsageError } from './usage.ts'

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
export function readAdoptConfig(destinations: readonly string[], settings: Settings<'adopt'>): AdoptConfig {
  const { kubeconfig, output, state, table: tables, yes } = settings
  if (tables?.length === 0)
    throw new UsageError('--table is empty: name tables, or leave it out for all of them')
  return {
    ...readCloudConfig(settings),
    destinations: destinations.map((text) => readCidr('destination', text)),
    tables: tables ?? [],
    state,
    yes,
    kubeconfig,
    output,
  }
}
