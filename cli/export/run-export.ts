import type { Target } from '../../providers/route.ts'
import type { CloudConfig } from '../cloud-config.ts'
import { type Output, routesText } from '../output.ts'
import { type OpenSurvey, look } from '../survey/open-survey.ts'
import type { SurveyRequest } from '../survey/survey.ts'
import { oneLine } from '../table.ts'
import type { Waits } from '../with-retries.ts'
import { type ExportedRoute, type Standing, standings } from './exported-route.ts'
import { findExported } from './find-exported.ts'
import { fileText } from './own-file.ts'
import type { GcpRouteStyle } from './terraform/gcp-route.ts'
import { terraformFiles } from './terraform/terraform-files.ts'
import { writeFiles } from './write-files.ts'

export interface ExportParts extends Pick<OpenSurvey, 'provider' | 'nodes' | 'ledger'> {
  readonly output: Output
  readonly waits: Waits
  readonly progress?: (what: string) => void
}

export interface ExportRequest extends SurveyRequest {
  readonly cloud: CloudConfig['provider']
  readonly only: readonly Standing[]
  /** Of the files; undefined to print them as one. */
  readonly folder: string | undefined
  readonly force: boolean
  readonly versions: boolean
  readonly style: GcpRouteStyle
}

/**
 * Looks at the cluster and its tables, and writes down the routes as Terraform reads them. Changes no route and no record.
 * @throws what {@link look}, {@link findExported} and {@link writeFiles} throw; no file is written then
 */
export async function runExport(
  request: ExportRequest,
  parts: ExportParts,
  signal: AbortSignal,
): Promise<void> {
  const { cloud, folder, force, only, style, versions } = request
  const { output, provider, waits } = parts
  const canLeadTo = ({ kind }: Target): boolean => nextHops[cloud].includes(kind)
  const survey = await look(request, parts, parts, signal)
  const { notes, routes: found } = await findExported(survey, { provider, waits, canLeadTo }, signal)
  const routes = found.filter(({ standing }) => only.includes(standing))
  const files = terraformFiles({ cloud, routes, style, versions })
  if (folder === undefined) {
    const whole = Object.assign({}, ...files.values()) as Parameters<typeof fileText>[0]
    await output.result(fileText(whole))
  } else {
    const texts = [...files].map(([name, content]) => ({ name, text: fileText(content) }))
    for (const { became, path } of await writeFiles(folder, texts, { force }))
      await output.note(`${path}: ${became}`)
  }
  for (const note of notes) await output.note(oneLine(note))
  await output.note(summary(routes, found))
}

/** What the resources can name as their next hop, which is what podway writes. */
const nextHops: Readonly<Record<CloudConfig['provider'], readonly Target['kind'][]>> = {
  aws: ['eni'],
  azure: ['address'],
  gcp: ['instance', 'address'],
}

const words: Readonly<Record<Standing, string>> = {
  owned: 'of podway’s',
  foreign: 'that podway did not make',
  missing: 'not there yet',
  disputed: 'that lead elsewhere now',
}

function summary(routes: readonly ExportedRoute[], found: readonly ExportedRoute[]): string {
  const parts = standings.flatMap((standing) => {
    const count = routes.filter((route) => route.standing === standing).length
    return count === 0 ? [] : [`${count} ${words[standing]}`]
  })
  const left = found.length - routes.length
  const detail = parts.length === 0 ? '' : ` (${parts.join(', ')})`
  return `${routesText(routes.length)} exported${detail}${left === 0 ? '' : `, ${left} left out by --only`}.`
}
