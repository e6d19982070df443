import type { Command } from 'commander'
import { clusterNameOption, kubeconfigOption } from '../cloud-options.ts'
import { connect } from '../connect.ts'
import { outputOption, standardOutput } from '../output.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import type { DoctorCloud } from './doctor-cloud.ts'
import { type DoctorConfig, type DoctorFlags, readDoctorConfig } from './doctor-config.ts'
import { runDoctor } from './run-doctor.ts'
import { paint, progress } from './terminal.ts'

/** The command that examines a cluster on that cloud. */
export function addDoctor(doctor: Command, cloud: DoctorCloud): void {
  const { description, example, options, provider, summary } = cloud
  const command = doctor
    .command(provider)
    .summary(summary)
    .description(
      `${description} It changes nothing. Give it the controller’s own flags, and run it with the controller’s credentials.`,
    )
    .addOption(clusterNameOption())
    .option(
      '--cluster-cidr <cidrs>',
      'ranges from which nodes get their podCIDRs, comma-separated; without pools, podway is taken not to allocate',
    )
    .option('--node-cidr-mask-size-ipv4 <bits>', 'prefix length of a node’s IPv4 podCIDR', '24')
    .option('--node-cidr-mask-size-ipv6 <bits>', 'prefix length of a node’s IPv6 podCIDR', '64')
    .option(
      '--pools-config-map <namespace/name>',
      'the ConfigMap that has the pools, instead of --cluster-cidr',
    )
    .option('--pools-file <path>', 'the file that has the pools, instead of both')
  for (const option of options) command.addOption(option)
  command
    .addOption(kubeconfigOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Example:
  $ podway doctor ${example} --cluster-cidr 10.244.0.0/16
  $ podway doctor ${example} --output json | jq -r '.findings[] | select(.severity == "error").fix'

Exit codes: 0 no errors found (there may be warnings, and what could not be examined), 1 errors found, or the examination
failed, 64 wrong usage.`,
    )
    .action(async (flags: DoctorFlags) => run(cloud, readDoctorConfig(provider, flags)))
}

async function run(cloud: DoctorCloud, config: DoctorConfig): Promise<void> {
  const kube = connect(config.kubeconfig)
  try {
    const { close, examine } = await cloud.open(config)
    const parts = { kube, examine, output: standardOutput, waits: commandWaits, paint, progress }
    try {
      await untilSignal(['SIGTERM', 'SIGINT'], (signal) => runDoctor(config, parts, signal))
    } finally {
      close()
    }
  } finally {
    await kube.close()
  }
}
