import { Argument, type Command } from 'commander'
import { standardOutput } from '../output.ts'
import { UsageError } from '../usage.ts'
import { bashCompletion } from './bash.ts'
import { type CompletedCommand, commandTree } from './command-tree.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

const shells = ['bash', 'zsh', 'fish'] as const

const completions: Readonly<Record<(typeof shells)[number], (tree: readonly CompletedCommand[]) => string>> =
  {
    bash: bashCompletion,
    zsh: zshCompletion,
    fish: fishCompletion,
  }

/** Completes all commands that the program has when it runs, those too that are added later. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .summary('print what makes a shell complete podway’s commands')
    .description('Prints a script by which a shell completes commands, flags and their values.')
    .addArgument(new Argument('<shell>', shells.join(', ')))
    .addHelpText(
      'after',
      `
Example:
  $ source <(podway completion bash)
  $ podway completion fish | source

Exit codes: 0 printed, 64 wrong usage.`,
    )
    .action(async (name: string) => {
      const shell = shells.find((known) => known === name)
      if (shell === undefined)
        throw new UsageError(`shell ${JSON.stringify(name)}: expected one of ${shells.join(', ')}`)
      await standardOutput.result(completions[shell](commandTree(program)))
    })
}
