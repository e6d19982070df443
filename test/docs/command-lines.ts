import type { Command } from 'commander'
import { program } from '../../cli/main.ts'
import { type CommandName, type UsedSetting, commandNames } from '../../cli/settings/command-settings.ts'
import { effective } from '../../cli/settings/effective.ts'
import { fromFlags } from '../../cli/settings/from-flags.ts'

/** The words of the first command of a line, as a shell splits them; what is piped, or behind a comment, is another's. */
export function words(line: string): readonly string[] {
  const found: string[] = []
  const joined = line.replaceAll(/\\\n\s*/g, ' ')
  for (const [word] of joined.matchAll(/(?:[^\s'"|;<>&#]|'[^']*'|"[^"]*"|(?<=\S)#)+|[|;<>&#]/g)) {
    if (/^[|;<>&#]$/.test(word)) break
    found.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
  }
  return found
}

/** What `podway` itself says against a command line (without its name): nothing is run, no variable or file is read. */
export async function complaints(args: readonly string[]): Promise<readonly string[]> {
  const problems: string[] = []
  const tree = program()
  for (const command of [tree, ...allBelow(tree)]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    if (command.commands.length > 0 && nameOf(command) !== 'agent') continue
    command.action(() => {
      const name = commandNames.find((one) => one === nameOf(command))
      // What a page leaves out, it marks by an ellipsis.
      const whole = !args.includes('…')
      if (name === undefined) return
      const places = {
        flags: (setting: UsedSetting) => fromFlags(command, setting),
        environment: {},
        file: undefined,
      }
      for (const { found, problem } of effective(name, places))
        if (problem !== undefined && (whole || found !== undefined)) problems.push(problem)
    })
  }
  const given = args.filter((word) => word !== '…')
  try {
    await tree.parseAsync(given, { from: 'user' })
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    if (code !== 'commander.helpDisplayed' && code !== 'commander.version') problems.push(message)
  }
  return problems
}

/** Long flags that a command knows, its parents' too; undefined if there is no such command. */
export function flagsOf(name: string): ReadonlySet<string> | undefined {
  const tree = program()
  const all = [tree, ...allBelow(tree)]
  return all.some((command) => nameOf(command) === name)
    ? new Set(['--help', ...all.filter((one) => leadsTo(one, name)).flatMap(longFlags)])
    : undefined
}

/** Those of all commands. */
export function allFlags(): ReadonlySet<string> {
  const tree = program()
  return new Set(['--help', ...[tree, ...allBelow(tree)].flatMap(longFlags)])
}

export const commandPaths = (): readonly string[] => allBelow(program()).map(nameOf)

/** Help of every command, groups too, with what stands behind it. */
export function helpTexts(): readonly (readonly [name: string, help: string])[] {
  return allBelow(program()).map((command) => {
    let text = ''
    // As on a wide terminal: no sentence is broken.
    command.configureHelp({ helpWidth: 10_000 })
    command.configureOutput({ writeOut: (written) => (text += written) })
    command.outputHelp()
    return [nameOf(command), text] as const
  })
}

const leadsTo = (command: Command, name: string): boolean =>
  nameOf(command) === name || name.startsWith(`${nameOf(command)} `)

const longFlags = (command: Command): readonly string[] => command.options.flatMap(({ long }) => long ?? [])

const allBelow = (command: Command): readonly Command[] =>
  command.commands.flatMap((one) => [one, ...allBelow(one)])

/** `doctor aws`: without the program's name. */
function nameOf(command: Command): CommandName | (string & {}) {
  const words: string[] = []
  for (let one = command; one.parent !== null; one = one.parent) words.unshift(one.name())
  return words.join(' ')
}
