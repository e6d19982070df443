import { defaultPriority } from '../../providers/gcp/gce-route.ts'
import type { Settings } from '../settings/command-settings.ts'
import { type SurveyConfig, readSurveyConfig } from '../survey/survey-config.ts'
import type { SurveyRequest } from '../survey/survey.ts'
import { UsageError } from '../usage.ts'
import { standings } from './exported-route.ts'
import type { ExportRequest } from './run-export.ts'

export interface ExportConfig extends SurveyConfig {
  /** What is asked for, but for what the survey is to look at. */
  readonly wish: Omit<ExportRequest, keyof SurveyRequest>
}

/** What stands for standard output. */
const printed = '-'

/** Checks everything that can be checked without asking anybody. @throws UsageError */
export function readExportConfig(settings: Settings<'export terraform'>): ExportConfig {
  const { force, only, out, withoutVersions } = settings
  if (force && out === printed) throw new UsageError('--force is for files: name their folder by --out')
  const survey = readSurveyConfig(settings)
  const { clusterName, gcp, provider } = survey
  const { priority = defaultPriority, tags } = gcp
  return {
    ...survey,
    wish: {
      cloud: provider,
      only: standings.filter((one) => only.includes(one)),
      folder: out === printed ? undefined : out,
      force,
      versions: !withoutVersions,
      style: { clusterName, priority, tags },
    },
  }
}
