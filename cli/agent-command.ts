import type { Command } from 'commander'
import { readAgentConfig } from './agent-config.ts'
import { addSettings } from './settings/options.ts'
import { readSettings } from './settings/read-settings.ts'

/** The program behind it is loaded only when it runs, as is the controller's cloud. */
export function addAgentCommand(program: Command): void {
  const agent = program
    .command('agent')
    .summary('make this machine a podway node and keep it so')
    .description(
      'Watches this machine’s Node and has podway-cni serve, its privileged half, lay the network plugin and its configuration, set the rules of the node, and free what pods leave behind. Runs until SIGTERM or SIGINT, and leaves everything in place then.',
    )
    .addHelpText(
      'after',
      `
Example:
  $ podway agent --node-name node-1 --non-masquerade-cidrs 192.168.0.0/16

Exit codes: 0 stopped by a signal, 1 failed, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) => {
      const config = await readSettings(command, 'agent', readAgentConfig)
      const { runAgentCommand } = await import('./agent-program.ts')
      await runAgentCommand(config)
    })
  addSettings(agent, 'agent')
  const uninstall = agent
    .command('uninstall')
    .summary('take away from this machine all that podway agent has laid and set')
    .description(
      'Has podway-cni serve take away the configuration, the executables, rules, routes and addresses, and put back the configuration that was taken over. Pods that run keep their network until they end. An agent that still runs would lay everything anew: remove its DaemonSet first.',
    )
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 64 wrong usage.')
    .action(async (_flags: unknown, command: Command) => {
      const options = await readSettings(command, 'agent uninstall', (settings) => settings)
      const { runUninstallCommand } = await import('./agent-uninstall.ts')
      await runUninstallCommand(options)
    })
  addSettings(uninstall, 'agent uninstall')
}
