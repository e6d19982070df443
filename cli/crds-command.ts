import type { Command } from 'commander'
import { loadAll } from 'js-yaml'
import type { DefinitionFile } from './definition-files.ts'
import { readChoice } from './flag-values.ts'
import { formatJson, standardOutput } from './output.ts'

const formats = ['yaml', 'json'] as const

export function addCrdsCommand(program: Command): void {
  program
    .command('crds')
    .summary('print the CustomResourceDefinitions that podway needs')
    .description('Prints the CustomResourceDefinitions that a cluster must have before podway can run in it.')
    .option('-o, --output <format>', formats.join(', '), 'yaml')
    .addHelpText(
      'after',
      `
Example:
  $ podway crds | kubectl apply -f -

Exit codes: 0 printed, 1 failed, 64 wrong usage.`,
    )
    .action(async ({ output }: { readonly output: string }) => {
      const format = readChoice('output', output, formats)
      const { definitionFiles } = await import('./definition-files.ts')
      await standardOutput.result(formatDefinitions(definitionFiles, format))
    })
}

/** `yaml`: the files as they are, one after the other · `json`: a `List` of what they define. */
export function formatDefinitions(
  files: readonly DefinitionFile[],
  format: (typeof formats)[number],
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
