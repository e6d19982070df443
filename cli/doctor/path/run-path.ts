import type { KubeClient } from '../../../kube/client.ts'
import type { Output } from '../../output.ts'
import { type Waits, withRetries } from '../../with-retries.ts'
import type { Paint } from '../findings-report.ts'
import { agentProxy } from './agent-proxy.ts'
import type { PathCloud } from './open-path-cloud.ts'
import { findParties } from './parties.ts'
import type { PathConfig } from './path-config.ts'
import type { ExplainedPath } from './path-picture.ts'
import { countHops, formatPaths, summary } from './path-report.ts'
import { surveyPath } from './survey-path.ts'

export interface PathParts {
  readonly kube: KubeClient
  /** Undefined: it is not asked. */
  readonly cloud: PathCloud | undefined
  readonly output: Output
  readonly waits: Waits
  readonly paint: Paint
  readonly progress: (what: string) => void
}

/**
 * Explains the way, and prints it. Rejects, once everything is printed, if it is broken somewhere; before that if the ends
 * can't be found, or the cloud can't be read for another reason than a permission.
 */
export async function runPath(config: PathConfig, parts: PathParts, signal: AbortSignal): Promise<void> {
  const { cloud, kube, output, paint, progress, waits } = parts
  const attempt = <T>(work: () => Promise<T>): Promise<T> => withRetries(work, waits, signal)
  const reader = { kube, attempt, signal }
  progress('Nodes and pods')
  const pairs = await findParties(config, reader)
  const nodeFacts = agentProxy(config.agent, reader)
  const paths: ExplainedPath[] = []
  for (const pair of pairs) {
    progress(`the way of IPv${pair.source.address.family} packets`)
    paths.push(await surveyPath(pair, { nodeFacts, explainWay: cloud?.explainWay({ attempt }) }, signal))
  }
  await output.result(formatPaths(paths, config.output, paint))
  const broken = summary(paths)
  if (broken !== undefined) throw new Error(broken)
  await output.note(`${countHops(paths).text}.`)
}
