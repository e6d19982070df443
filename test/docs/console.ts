/** A command of a page, as typed, and what it shows below. */
export interface Step {
  readonly command: string
  readonly output: string
}

export interface CodeBlock {
  readonly language: string
  /** 1 is the first line of the page. */
  readonly line: number
  readonly text: string
}

/** The fenced blocks of a page, also those that are indented in a list. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  for (const match of page.matchAll(/^( *)```([^\n]*)\n([^]*?)^\1```$/gm)) {
    const [, indent = '', language = '', body = ''] = match
    const text = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    blocks.push({ language: language.trim(), line: page.slice(0, match.index).split('\n').length, text })
  }
  return blocks
}

/** `$ ` begins a command, `> ` or a backslash before goes on with it; all else is output. */
export function stepsOf(console: string): readonly Step[] {
  const steps: { command: string; output: string }[] = []
  for (const line of console.split('\n')) {
    const last = steps.at(-1)
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' })
    else if (last === undefined) continue
    else if (last.command.endsWith('\\') && last.output === '') last.command += `\n${line}`
    else if (line.startsWith('> ') && last.output === '') last.command += `\n${line.slice(2)}`
    else last.output += `${line}\n`
  }
  return steps.map(({ command, output }) => ({ command, output: output.trimEnd() }))
}
