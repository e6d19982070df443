import type { Command } from 'commander'
import type { VersionDocument } from './documents/version-document.ts'
import { formatDocument, standardOutput } from './output.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'
import { version } from './version.ts'

export function addVersionCommand(program: Command): void {
  const command = program
    .command('version')
    .summary('print which podway this is')
    .description('Prints the version of podway, and of what it runs on. Asks nobody.')
    .addHelpText(
      'after',
      `
Example:
  $ podway version --output json | jq -r .version

Exit codes: 0 printed, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) => {
      const format = await readSettings(command, 'version', ({ output }) => output)
      const about = {
        version,
        node: process.versions.node,
        platform: `${process.platform}/${process.arch}`,
      } satisfies Omit<VersionDocument, 'apiVersion' | 'kind'>
      const text = `podway ${about.version} (Node.js ${about.node}, ${about.platform})\n`
      await standardOutput.result(format === 'table' ? text : formatDocument('Version', about, format))
    })
  addSettings(command, 'version')
}
