import type { CompletedCommand, CompletedFlag } from './command-tree.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
const spellings = ({ long, short }: CompletedFlag): readonly string[] =>
  short === undefined ? [long] : [long, short]
/** As _describe has it: a colon ends the name. */
const described = (name: string, text: string): string => quoted(`${name}:${text.replaceAll('\n', ' ')}`)

/** For `fpath`, or to be sourced after compinit. */
export function zshCompletion(tree: readonly CompletedCommand[]): string {
  const takesValue = new Set(
    tree.flatMap(({ flags }) => flags.filter(({ value }) => value.kind !== 'none').flatMap(spellings)),
  )
  const steps = tree.flatMap(({ commands, path }) =>
    commands.map(({ name }) => `      ${quoted(`${path} ${name}`)}) at=${quoted(`${path} ${name}`)} ;;`),
  )
  const values = tree.flatMap(({ flags, path }) =>
    flags.flatMap((flag) => {
      const cases = spellings(flag)
        .map((one) => quoted(`${path} ${one}`))
        .join('|')
      switch (flag.value.kind) {
        case 'none':
          return []
        case 'any':
          return [`    ${cases}) _message 'a value'; return ;;`]
        case 'file':
          return [`    ${cases}) _files; return ;;`]
        case 'choice':
          return [`    ${cases}) compadd -- ${flag.value.choices.map(quoted).join(' ')}; return ;;`]
      }
    }),
  )
  const words = tree.map(({ commands, flags, path }) => {
    const names = commands.map(({ name, summary }) => described(name, summary)).join(' ')
    const longs = flags.map(({ description, long }) => described(long, description)).join(' ')
    return `    ${quoted(path)}) commands=(${names}) flags=(${longs}) ;;`
  })
  return `#compdef podway
# zsh completion for podway. In ~/.zshrc, after compinit: source <(podway completion zsh)

_podway() {
  local at=podway word flag
  local -a commands flags
  integer i
  flag=\${words[CURRENT - 1]}
  # --output=json is one word.
  if [[ \${words[CURRENT]} == --*=* ]]; then
    flag=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case "$word" in
    ${[...takesValue].sort().join('|')})
      ((i++))
      continue
      ;;
    esac
    case "$at $word" in
${steps.join('\n')}
    esac
  done
  case "$at $flag" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -o flag flags
  else
    _describe command commands
  fi
}

compdef _podway podway
`
}
