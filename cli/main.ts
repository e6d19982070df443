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
import { standardOutput, writeTo } from './output.ts'
import { addPlanCommand } from './plan/plan-command.ts'
import { addReleaseCommand } from './release-command.ts'
import { addStatusCommand } from './status/status-command.ts'
import { UsageError, exitUsage } from './usage.ts'
import { addVersionCommand } from './version-command.ts'
import { version } from './version.ts'

/** All commands with their flags; parsing a command line runs it. Help and wrong usage are handed to who is given. */
export function program(print: (stream: NodeJS.WriteStream, text: string) => void = say): Command {
  const program = new Command('podway')
    .description('Cloud routes for Kubernetes pods: no overlay, no NAT.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print what the command does')
    .configureHelp({ sortOptions: false, showGlobalOptions: false, minWidthToWrap: 24 })
    .configureOutput({
      writeOut: (text) => print(process.stdout, text),
      writeErr: (text) => print(process.stderr, text),
    })
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

const say = (stream: NodeJS.WriteStream, text: string): void => void stream.write(text)

/** Runs one command line, without the program's name; resolves with the exit code once all is written. */
export async function main(args: readonly string[]): Promise<number> {
  // Commander waits for nobody, and knows no reader that goes away.
  const writes: Promise<void>[] = []
  const commands = program((stream, text) => writes.push(writeTo(stream, text)))
  try {
    await commands.parseAsync(args, { from: 'user' }).finally(() => Promise.all(writes))
    return 0
  } catch (error) {
    return tell(error)
  }
}

/** Says why it ended otherwise than well, if it was not said yet; resolves with the exit code. */
async function tell(error: unknown): Promise<number> {
  if (error instanceof ExitStatus) return error.status
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage
  const text = error instanceof Error ? error.message : String(error)
  const lines = error instanceof UsageError ? text.split('\n') : [text]
  for (const line of lines) await standardOutput.note(`podway: ${line}`)
  return error instanceof UsageError ? exitUsage : 1
}
