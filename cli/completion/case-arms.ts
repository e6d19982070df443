import { type CompletedCommand, type FlagValue, spellings } from './command-tree.ts'

// What bash and zsh have alike: words in single quotes, and the arms of a `case`.

export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** One for each command that leads to another: where that stands then. */
export const stepArms = (tree: readonly CompletedCommand[]): readonly string[] =>
  tree.flatMap(({ commands, path }) =>
    commands.map(({ name }) => `      ${quoted(`${path} ${name}`)}) at=${quoted(`${path} ${name}`)} ;;`),
  )

/**
 * One for each flag of a command that takes a value, in all spellings.
 * @param complete - what is done for such a value, before the function returns; undefined: nothing
 */
export const valueArms = (
  tree: readonly CompletedCommand[],
  complete: (value: Exclude<FlagValue, { readonly kind: 'none' }>) => string | undefined,
): readonly string[] =>
  tree.flatMap(({ flags, path }) =>
    flags.flatMap((flag) => {
      const { value } = flag
      if (value.kind === 'none') return []
      const cases = spellings(flag)
        .map((one) => quoted(`${path} ${one}`))
        .join('|')
      const done = complete(value)
      return [`    ${cases}) ${done === undefined ? '' : `${done}; `}return ;;`]
    }),
  )
