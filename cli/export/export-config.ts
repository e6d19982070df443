import { defaultPriority } from '../../providers/gcp/gce-route.ts'
import { type CloudConfig, type CloudFlags, readCloudConfig } from '../cloud-options.ts'
import { readChoice, readList } from '../flag-values.ts'
import { UsageError } from '../usage.ts'
import { standings } from './exported-route.ts'
import type { ExportRequest } from './run-export.ts'

/** The flags of `podway export terraform` as commander hands them over. */
export interface ExportFlags extends CloudFlags {
  readonly out: string
  readonly only: string
  readonly force?: boolean
  /** `--no-versions` makes it false. */
  readonly versions: boolean
  readonly nodes?: string
  readonly state?: string
  readonly kubeconfig?: string
}

export interface ExportConfig extends CloudConfig {
  readonly request: ExportRequest
  /** A file of Nodes; the cluster's where there is none. */
  readonly nodes: string | undefined
  /** The ledger's file; the cluster's NodeRoutes where there is none. */
  readonly state: string | undefined
  readonly kubeconfig: string | undefined
}

/** What stands for standard output. */
const printed = '-'

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readExportConfig(flags: ExportFlags): ExportConfig {
  const { force = false, kubeconfig, nodes, out, state, versions } = flags
  for (const [flag, value] of Object.entries({ nodes, state }))
    if (value?.trim() === '') throw new UsageError(`--${flag} is empty: name the file`)
  if (out.trim() === '') throw new UsageError('--out is empty: name a folder, or - to print')
  if (force && out === printed) throw new UsageError('--force is for files: name their folder by --out')
  const only = readList(flags.only).map((one) => readChoice('only', one, standings))
  if (only.length === 0) throw new UsageError(`--only is empty: expected some of ${standings.join(', ')}`)
  const cloud = readCloudConfig(flags)
  const { priority = defaultPriority, tags } = cloud.gcp
  return {
    ...cloud,
    request: {
      cloud: cloud.provider,
      only,
      folder: out === printed ? undefined : out,
      force,
      versions,
      style: { clusterName: cloud.clusterName, priority, tags },
    },
    nodes,
    state,
    kubeconfig,
  }
}
