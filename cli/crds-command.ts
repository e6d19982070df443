import type { Command } from 'commander'
import { loadAll } from 'js-yaml'
import type { DefinitionFile } from './definition-files.ts'
import { formatJson, standardOutput } from './output.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'
import type { Values } from './settings/settings.ts'

export function addCrdsCommand(program: Command): void {
  const command = program
    .command('crds')
    .summary('print the CustomResourceDefinitions that podway needs')
    .description('Prints the CustomResourceDefinitions that a cluster must have before podway can run in it.')
    .addHelpText(
      'after',
      `
Example:
  $ podway crds | kubectl apply -f -

Exit codes: 0 printed, 1 failed, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) => {
      const format = await readSettings(command, 'crds', ({ definitionFormat }) => definitionFormat)
      const { definitionFiles } = await import('./definition-files.ts')
      await standardOutput.result(formatDefinitions(definitionFiles, format))
    })
  addSettings(command, 'crds')
}

/** `yaml`: the files as they are, one after the other · `json`: a `List` of what they define. */
export function formatDefinitions(
  files: readonly DefinitionFile[],
  format: Values['definitionFormat'],
): string {
  switch (format) {
    case 'yaml':
      return files.map(({ text }) => text).join('---\n')
    case 'json': {
      // Not client-node's loader: its models turn x-kubernetes-list-type into x_kubernetes_list_type (2.0.1).
      const items = files.flatMap(({ text }) => loadAll(text))
      return formatJson({ apiVersion: 'v1', kind: 'List', items })
    }
  }
}
