import { loadAll } from 'js-yaml'
import pRetry from 'p-retry'
import { isAlreadyExists } from '../../kube/errors.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Draft, Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { secondTime } from '../../kube/second-time.ts'
import { clusterLedger } from '../survey/ledger-source.ts'
import { runAdopt } from '../run-adopt.ts'
import { confirm } from '../terminal/confirm.ts'
import { type Definition, definitionType, isEstablished } from './definition.ts'
import type { MigrateConfig } from './migrate-config.ts'
import type { Migration } from './migration.ts'
import type { MigrateParts } from './migrate-parts.ts'
import type { DoableStep } from './step.ts'

/**
 * Does what podway can do itself: it makes its own objects, and changes nobody else's. Idempotent.
 * @throws NotConfirmedError where nobody says yes: then nothing is done
 * @throws Error where it is not this step's turn
 */
export async function doStep(
  name: DoableStep,
  { steps }: Migration,
  { yes }: Pick<MigrateConfig, 'yes'>,
  parts: MigrateParts,
  signal: AbortSignal,
): Promise<void> {
  const { asker, output } = parts
  const progress = steps.find(({ step }) => step.name === name)
  if (progress === undefined) return
  const { blockers, state, step } = progress
  switch (state) {
    case 'done':
    case 'assumed':
      return output.note(`${name} is done already: ${step.verdict.message}`)
    case 'blocked':
      throw new Error(`${name} can't be done now: ${blockers.join(' ')}`)
    case 'later': {
      const first = steps.find(({ state }) => state === 'next' || state === 'unclear' || state === 'blocked')
      throw new Error(`${name} can't be done now: ${first?.step.name ?? 'another step'} comes first`)
    }
    case 'next':
    case 'unclear':
      await confirm(`${step.verdict.message} ${step.title}?`, { asker, output, yes }, signal)
      return doIt(name, parts, signal)
  }
}

async function doIt(name: DoableStep, parts: MigrateParts, signal: AbortSignal): Promise<void> {
  switch (name) {
    case 'definitions':
      return define(parts, signal)
    case 'adopt':
      return adoptRoutes(parts, signal)
  }
}

/**
 * Those that are there stay as they are: a definition of another version is for `podway crds | kubectl apply`. Resolves when
 * they are established, which an API server takes a moment for.
 */
async function define({ kube, output, waits }: MigrateParts, signal: AbortSignal): Promise<void> {
  const { definitionFiles } = await import('../definition-files.ts')
  const definitions = new Resource<Definition>(kube, definitionType)
  for (const draft of definitionFiles.flatMap(({ text }) => loadAll(text) as readonly Draft<Definition>[])) {
    const { name } = draft.metadata
    try {
      await definitions.create(draft, { signal })
      await output.note(`${name} defined.`)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      await output.note(`${name} is defined already, and left as it is.`)
    }
    await pRetry(
      async () => {
        if (!isEstablished(await definitions.get(name, { signal })))
          throw new Error(`${name} is not established yet: look at its conditions`)
      },
      { retries: waits.retries, minTimeout: waits.firstMs, signal },
    )
  }
}

async function adoptRoutes(
  { clock, kube, output, provider, waits }: MigrateParts,
  signal: AbortSignal,
): Promise<void> {
  if (provider === undefined) throw new Error('no cloud was named')
  const nodes = new Resource<Node>(kube, nodeType)
  const now = (): string => secondTime(clock.now())
  // What is adopted is told on standard error: standard output has the examination.
  const told = { ...output, result: output.note }
  const parts = { provider, nodes, ledger: clusterLedger(kube, output), output: told, now, waits }
  await runAdopt({ destinations: [], tables: [], yes: true, output: 'table' }, parts, signal)
}
