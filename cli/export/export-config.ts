import { defaultPriority } from '../../providers/gcp/gce-route.ts'
import { readChoice, readList } from '../flag-values.ts'
import { type SurveyConfig, type SurveyFlags, readSurveyConfig } from '../survey/survey-config.ts'
import type { SurveyRequest } from '../survey/survey.ts'
import { UsageError } from '../usage.ts'
import { standings } from './exported-route.ts'
import type { ExportRequest } from './run-export.ts'

/** The flags of `podway export terraform` as commander hands them over. */
export interface ExportFlags extends SurveyFlags {
  readonly out: string
  readonly only: string
  readonly force?: boolean
  readonly withoutVersions?: boolean
}

export interface ExportConfig extends SurveyConfig {
  /** What is asked for, but for what the survey is to look at. */
  readonly wish: Omit<ExportRequest, keyof SurveyRequest>
}

/** What stands for standard output. */
const printed = '-'

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readExportConfig(flags: ExportFlags): ExportConfig {
  const { force = false, out, withoutVersions = false } = flags
  if (out.trim() === '') throw new UsageError('--out is empty: name a folder, or - to print')
  if (force && out === printed) throw new UsageError('--force is for files: name their folder by --out')
  const only = readList(flags.only).map((one) => readChoice('only', one, standings))
  if (only.length === 0) throw new UsageError(`--only is empty: expected some of ${standings.join(', ')}`)
  const survey = readSurveyConfig(flags)
  const { clusterName, gcp, provider } = survey
  const { priority = defaultPriority, tags } = gcp
  return {
    ...survey,
    wish: {
      cloud: provider,
      only,
      folder: out === printed ? undefined : out,
      force,
      versions: !withoutVersions,
      style: { clusterName, priority, tags },
    },
  }
}
