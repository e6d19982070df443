import type { Command } from 'commander'
import { readChoice } from './flag-values.ts'
import { formatDocument, listFormats, outputOption, standardOutput } from './output.ts'
import { version } from './version.ts'

export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .summary('print which podway this is')
    .description('Prints the version of podway, and of what it runs on. Asks nobody.')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Example:
  $ podway version --output json | jq -r .version

Exit codes: 0 printed, 64 wrong usage.`,
    )
    .action(async (flags: { readonly output: string }) => {
      const format = readChoice('output', flags.output, listFormats)
      const about = { version, node: process.versions.node, platform: `${process.platform}/${process.arch}` }
      const text = `podway ${about.version} (Node.js ${about.node}, ${about.platform})\n`
      await standardOutput.result(format === 'table' ? text : formatDocument('Version', about, format))
    })
}
