import { fileURLToPath } from 'node:url'
import { type GoTool, type GoToolOptions, ensureGoTool, missingForGoTool } from '../install/go-tool.ts'

/** Prometheus' own. */
export const promtool: GoTool = {
  sources: fileURLToPath(new URL('promtool', import.meta.url)),
  package: 'github.com/prometheus/prometheus/cmd/promtool',
  module: 'github.com/prometheus/prometheus',
  // Without the clouds' SDKs, which it would need to find what to scrape: a tenth of the time to build.
  buildFlags: ['-mod=readonly', '-buildvcs=false', '-tags=remove_all_sd', '-ldflags=-s -w'],
  what: 'promtool, which judges the alerts',
  costs: 'a minute or two',
}

/** @throws as {@link ensureGoTool} */
export const ensurePromtool = (options: GoToolOptions): Promise<string> => ensureGoTool(promtool, options)

export const missingForPromtool = (environment: NodeJS.ProcessEnv): Promise<string | undefined> =>
  missingForGoTool(promtool, environment)
