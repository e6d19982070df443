import { quoted, stepArms, valueArms } from './case-arms.ts'
import { type CompletedCommand, flagsWithValue, spellings } from './command-tree.ts'

/** Of bash 3.2 and newer, without the bash-completion package. */
export function bashCompletion(tree: readonly CompletedCommand[]): string {
  const takesValue = flagsWithValue(tree)
  const steps = stepArms(tree)
  const values = valueArms(tree, (value) => {
    switch (value.kind) {
      case 'any':
        return undefined
      case 'file':
        return '_podway_files "$cur"'
      case 'choice':
        return `COMPREPLY=($(compgen -W ${quoted(value.choices.join(' '))} -- "$cur"))`
    }
  })
  const words = tree.map(({ commands, flags, path }) => {
    const names = commands.map(({ name }) => name).join(' ')
    return `    ${quoted(path)}) commands=${quoted(names)} flags=${quoted(flags.flatMap(spellings).join(' '))} ;;`
  })
  return `# bash completion for podway. In ~/.bashrc: source <(podway completion bash)

_podway_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}

_podway() {
  local cur=\${COMP_WORDS[COMP_CWORD]} flag='' at=podway word i commands='' flags=''
  COMPREPLY=()
  # --output=json comes as three words.
  if [[ $cur == '=' ]]; then
    flag=\${COMP_WORDS[COMP_CWORD - 1]} cur=''
  elif [[ \${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then
    flag=\${COMP_WORDS[COMP_CWORD - 2]}
  else
    flag=\${COMP_WORDS[COMP_CWORD - 1]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$word" in
    ${[...takesValue].sort().join('|')})
      ((i++))
      [[ \${COMP_WORDS[i]} == '=' ]] && ((i++))
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
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  fi
}

complete -F _podway podway
`
}
