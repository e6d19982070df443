import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { standardOutput } from '../output.ts'
import { addSettings } from '../settings/options.ts'
import { readSettings } from '../settings/read-settings.ts'
import { untilSignal } from '../until-signal.ts'
import { commandWaits } from '../with-retries.ts'
import type { DoctorCloud } from './doctor-cloud.ts'
import { type DoctorConfig, readDoctorConfig } from './doctor-config.ts'
import { runDoctor } from './run-doctor.ts'
import { paint, progress } from './terminal.ts'

/** The command that examines a cluster on that cloud. */
export function addDoctor(doctor: Command, cloud: DoctorCloud): void {
  const { description, example, provider, summary } = cloud
  const name = `doctor ${provider}` as const
  const command = doctor
    .command(provider)
    .summary(summary)
    .description(
      `${description} It changes nothing. Give it the controller’s own flags, and run it with the controller’s credentials.`,
    )
    .addHelpText(
      'after',
      `
Example:
  $ podway doctor ${example} --cluster-cidr 10.244.0.0/16
  $ podway doctor ${example} --output json | jq -r '.findings[] | select(.severity == "error").fix'

Exit codes: 0 no errors found (there may be warnings, and what could not be examined), 1 errors found, or the examination
failed, 64 wrong usage.`,
    )
    .action(async (_flags: unknown, command: Command) =>
      run(cloud, await readSettings(command, name, (settings) => readDoctorConfig(provider, settings))),
    )
  addSettings(command, name)
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
