import { fileURLToPath } from 'node:url'
import { type GoTool, ensureGoTool, hasGoTool } from '../install/go-tool.ts'

/** OpenTofu. */
export const tofu: GoTool = {
  sources: fileURLToPath(new URL('tofu', import.meta.url)),
  package: 'github.com/opentofu/opentofu/cmd/tofu',
  module: 'github.com/opentofu/opentofu',
  buildFlags: ['-mod=readonly', '-buildvcs=false', '-ldflags=-s -w'],
  what: 'OpenTofu, which reads what is exported',
  costs: 'three minutes, and two gigabytes of Go’s caches',
}

/** Set to `1`, it is built where it is not there yet. */
export const variable = 'PODWAY_TOFU'

/** Its path; undefined where it is not there, and nobody has asked for it: a build costs more than most want to spend. */
export async function findTofu(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const isWanted = environment[variable] === '1' || (await hasGoTool(tofu, environment))
  return isWanted ? ensureGoTool(tofu, { environment, log }) : undefined
}
