import type { Command } from 'commander'
import { addAwsDoctor } from './aws-command.ts'

/** One command for each thing that can be examined. */
export function addDoctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .summary('find out what stands in the way of pods')
    .description(
      'Examines a cluster and what it runs on, and says what is wrong, each with its fix. It changes nothing.',
    )
  for (const add of [addAwsDoctor]) add(doctor)
}
