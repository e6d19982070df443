import { type CompletedCommand, type CompletedFlag, flagsWithValue } from './command-tree.ts'

/** In single quotes fish knows two escapes. */
const quoted = (text: string): string =>
  `'${text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\n', ' ')}'`

export function fishCompletion(tree: readonly CompletedCommand[]): string {
  const takesValue = flagsWithValue(tree)
  const paths = tree.map(({ path }) => quoted(path)).join(' ')
  const lines = tree.flatMap(({ commands, flags, path }) => [
    ...commands.map(
      ({ name, summary }) =>
        `complete -c podway -n ${quoted(`__podway_at ${path}`)} -a ${quoted(name)} -d ${quoted(summary)}`,
    ),
    ...flags.map((flag) => flagLine(path, flag)),
  ])
  return `# fish completion for podway. In ~/.config/fish/config.fish: podway completion fish | source

# Whether what was typed so far has led to this command.
function __podway_at
    set -l at podway
    set -l skip 0
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        if contains -- $word ${[...takesValue].sort().join(' ')}
            set skip 1
            continue
        end
        if contains -- "$at $word" ${paths}
            set at "$at $word"
        end
    end
    test "$at" = "$argv"
end

complete -c podway -f
${lines.join('\n')}
`
}

function flagLine(path: string, { description, long, short, value }: CompletedFlag): string {
  const words = [
    `complete -c podway -n ${quoted(`__podway_at ${path}`)} -l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(value.kind === 'choice' ? [`-x -a ${quoted(value.choices.join(' '))}`] : []),
    ...(value.kind === 'file' ? ['-r -F'] : []),
    ...(value.kind === 'any' ? ['-x'] : []),
    `-d ${quoted(description)}`,
  ]
  return words.join(' ')
}
