import type { Command } from 'commander'
import {
  type AgentFlags,
  defaultAgentBindAddress,
  defaultProbePort,
  defaultSocket,
  masquerades,
  reachabilities,
  readAgentConfig,
  readSocket,
} from './agent-config.ts'
import { kubeconfigOption } from './cloud-options.ts'
import { logLevels } from './log-levels.ts'

/** The program behind it is loaded only when it runs, as is the controller's cloud. */
export function addAgentCommand(program: Command): void {
  const agent = program
    .command('agent')
    .summary('make this machine a podway node and keep it so')
    .description(
      'Watches this machine’s Node and has podway-cni serve, its privileged half, lay the network plugin and its configuration, set the rules of the node, and free what pods leave behind. Runs until SIGTERM or SIGINT, and leaves everything in place then.',
    )
    .option('--node-name <name>', 'the name of this machine’s Node (default: $NODE_NAME)')
    .option('--socket <path>', 'where podway-cni serve listens', defaultSocket)
    .option(
      '--masquerade <families>',
      `of which families is masqueraded what pods send to elsewhere: ${masquerades.join(', ')}`,
      'both',
    )
    .option(
      '--masquerade-link-local [boolean]',
      'also what they send to 169.254.0.0/16, where clouds answer nodes only',
      true,
    )
    .option('--no-masquerade-link-local', 'not that')
    .option('--random-fully [boolean]', 'source ports of masqueraded packets by chance, not in a row', true)
    .option('--no-random-fully', 'in a row, as long as they are free')
    .option(
      '--non-masquerade-cidrs <cidrs>',
      'ranges that see pods under their own addresses, comma-separated, besides those that podway knows',
    )
    .option('--anti-spoofing [boolean]', 'drop what pods send under addresses that are not theirs', true)
    .option('--no-anti-spoofing', 'leave that to somebody else')
    .option(
      '--block-metadata [boolean]',
      'drop what pods send to the cloud’s instance metadata service',
      false,
    )
    .option('--mtu <bytes>', 'of pods’ interfaces (default: the uplink’s)')
    .option('--probe [boolean]', 'whether other nodes are asked over the pod network, and answered', true)
    .option('--no-probe', 'neither asked nor answered')
    .option(
      '--probe-port <port>',
      'where agents listen on their podCIDRs: the same on all nodes',
      String(defaultProbePort),
    )
    .option(
      '--reachability <method>',
      `how pods of other nodes are reached: ${reachabilities.join(', ')}; mesh: by routes in this node’s kernel, where all nodes are on one segment`,
      'external',
    )
    .option('--mesh-force', 'use the mesh also on clouds where a subnet is not one segment')
    .option(
      '--mesh-source-destination-check-off',
      'on AWS: the source/destination check of all nodes’ interfaces is off, so that a mesh works',
    )
    .option(
      '--metrics-bind-address <address>',
      'where /healthz, /readyz, /metrics and /path are served, over plain HTTP; 0 for nowhere',
      defaultAgentBindAddress,
    )
    .addOption(kubeconfigOption())
    .option('--log-level <level>', logLevels.join(', '), 'info')
    .addHelpText(
      'after',
      `
Example:
  $ podway agent --node-name node-1 --non-masquerade-cidrs 192.168.0.0/16

Exit codes: 0 stopped by a signal, 1 failed, 64 wrong usage.`,
    )
    .action(async (flags: AgentFlags) => {
      const config = readAgentConfig(flags, process.env)
      const { runAgentCommand } = await import('./agent-program.ts')
      await runAgentCommand(config)
    })
  agent
    .command('uninstall')
    .summary('take away from this machine all that podway agent has laid and set')
    .description(
      'Has podway-cni serve take away the configuration, the executables, rules, routes and addresses, and put back the configuration that was taken over. Pods that run keep their network until they end. An agent that still runs would lay everything anew: remove its DaemonSet first.',
    )
    .option('--socket <path>', 'where podway-cni serve listens', defaultSocket)
    .option('--stay', 'run on until SIGTERM when it is done, as a DaemonSet wants it')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 64 wrong usage.')
    .action(async (_flags: unknown, command: Command) => {
      // `--socket` may stand before or behind `uninstall`; the agent knows it too.
      const { socket, stay } = command.optsWithGlobals<{ socket: string; stay?: true }>()
      const path = readSocket(socket)
      const { runUninstallCommand } = await import('./agent-uninstall.ts')
      await runUninstallCommand({ socket: path, stay: stay === true })
    })
}
