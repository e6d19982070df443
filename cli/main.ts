import { Command, CommanderError } from 'commander'
import { addAdoptCommand } from './adopt-command.ts'
import { addAgentCommand } from './agent-command.ts'
import { addApplyCommand } from './apply/apply-command.ts'
import { addCleanupCommand } from './cleanup-command.ts'
import { addConfigCommand } from './config/config-command.ts'
import { addControllerCommand } from './controller-command.ts'
import { addCompletionCommand } from './completion/completion-command.ts'
import { addCrdsCommand } from './crds-command.ts'
import { addDoctorCommand } from './doctor/doctor-command.ts'
import { ExitStatus } from './exit-status.ts'
import { addExportCommand } from './export/export-command.ts'
import { addMigrateCommand } from './migrate/migrate-command.ts'
import { addPlanCommand } from './plan/plan-command.ts'
import { addReleaseCommand } from './release-command.ts'
import { addStatusCommand } from './status/status-command.ts'
import { UsageError, exitUsage } from './usage.ts'
import { addVersionCommand } from './version-command.ts'
import { version } from './version.ts'

/** All commands with their flags; parsing a command line runs it. */
export function program(): Command {
  const program = new Command('podway')
    .description('Cloud routes for Kubernetes pods: no overlay, no NAT.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print what the command does')
    .configureHelp({ sortOptions: false, showGlobalOptions: false, minWidthToWrap: 24 })
    .exitOverride()
    .showHelpAfterError('(podway --help tells more)')
  const commands = [
    addControllerCommand,
    addAgentCommand,
    addPlanCommand,
    addApplyCommand,
    addStatusCommand,
    addCrdsCommand,
    addAdoptCommand,
    addReleaseCommand,
    addCleanupCommand,
    addDoctorCommand,
    addExportCommand,
    addMigrateCommand,
    addConfigCommand,
    addVersionCommand,
    addCompletionCommand,
  ]
  for (const add of commands) add(program)
  return program
}

/** Runs one command line, without the program's name; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof ExitStatus) return error.status
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage
    if (error instanceof UsageError) {
      for (const line of error.message.split('\n')) process.stderr.write(`podway: ${line}\n`)
      return exitUsage
    }
    process.stderr.write(`podway: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}
