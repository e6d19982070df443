import type { Command } from 'commander'
import { addDoctor } from './add-doctor.ts'
import { awsDoctor } from './aws-doctor.ts'
import { gcpDoctor } from './gcp-doctor.ts'
import { azureDoctor } from './azure-doctor.ts'
import { addPathCommand } from './path/path-command.ts'

/** One command for each cloud, and one for the way of a packet. */
export function addDoctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .summary('find out what stands in the way of pods')
    .description(
      'Examines a cluster and what it runs on, and says what is wrong, each with its fix. It changes nothing.',
    )
  for (const cloud of [awsDoctor, gcpDoctor, azureDoctor]) addDoctor(doctor, cloud)
  addPathCommand(doctor)
}
