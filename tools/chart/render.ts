import { join } from 'node:path'
import { runCommand, tail } from '../../test/install/command.ts'
import { root } from '../build/build.ts'

export const chartFolder = join(root, 'deploy/chart/podway')

export interface RenderOptions {
  /** The executable. */
  readonly helm: string
  /** Files of values, later ones go before earlier ones; paths. */
  readonly values?: readonly string[]
  /** `path=value`, as `--set` has it. */
  readonly set?: readonly string[]
  /** `podway-system` if absent. */
  readonly namespace?: string
  /** Only these of the templates, by the names of their files, in this order. */
  readonly templates?: readonly string[]
}

/** What `helm template` prints. @throws Error with what Helm says */
export async function renderChart(options: RenderOptions): Promise<string> {
  const { helm, namespace = 'podway-system', set = [], templates = [], values = [] } = options
  const args = [
    ...['template', 'podway', chartFolder, '--namespace', namespace],
    ...values.flatMap((file) => ['--values', file]),
    ...set.flatMap((one) => ['--set', one]),
    ...templates.flatMap((name) => ['--show-only', `templates/${name}`]),
  ]
  const { exitCode, stderr, stdout } = await runCommand(helm, args, { environment: helmEnvironment })
  if (exitCode !== 0) throw new Error(`helm ${args.join(' ')}:\n${tail(stderr)}`)
  return `${stdout.trimEnd()}\n`
}

/** Nothing of the user's own Helm: no plugins, no repositories, no cluster. */
export const helmEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  HELM_NO_PLUGINS: '1',
}
