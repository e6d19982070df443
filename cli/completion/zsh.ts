import { quoted, stepArms, valueArms } from './case-arms.ts'
import { type CompletedCommand, flagsWithValue } from './command-tree.ts'

/** As _describe has it: a colon ends the name. */
const described = (name: string, text: string): string => quoted(`${name}:${text.replaceAll('\n', ' ')}`)

/** For `fpath`, or to be sourced after compinit. */
export function zshCompletion(tree: readonly CompletedCommand[]): string {
  const takesValue = flagsWithValue(tree)
  const steps = stepArms(tree)
  const values = valueArms(tree, (value) => {
    switch (value.kind) {
      case 'any':
        return "_message 'a value'"
      case 'file':
        return '_files'
      case 'choice':
        return `compadd -- ${value.choices.map(quoted).join(' ')}`
    }
  })
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
