import type { Container } from './cluster.ts'

/** Every word of what a container runs, those within a shell's script too. */
export const wordsOf = ({ args = [], command = [] }: Container): readonly string[] =>
  [...command, ...args].flatMap((text) => text.split(/\s+/)).filter((word) => word !== '')

/**
 * Whether the container runs the program: by its command line, else, where that has only flags, by its image or name.
 */
export function runs(container: Container, program: string): boolean {
  const words = wordsOf(container)
  const commands = words.filter((word) => !word.startsWith('-')).map((word) => word.split('/').at(-1) ?? '')
  if (commands.some((name) => name.endsWith(program))) return true
  if ((container.command ?? []).length > 0) return false
  const image = (container.image ?? '').split('@')[0]?.split('/').at(-1)?.split(':')[0] ?? ''
  return image.endsWith(program) || container.name.endsWith(program)
}

/** The value of a Go flag, the last one given; `true` for one without a value. */
export function flagOf(container: Container, name: string): string | undefined {
  const values = wordsOf(container).flatMap((word) => {
    const [, flag, value = 'true'] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? []
    return flag === name ? [value.replaceAll(/^["']|["']$/g, '')] : []
  })
  return values.at(-1)
}

/** As Go's flag package reads it; what it would not take counts as not given. */
export function isOn(container: Container, name: string, byDefault: boolean): boolean {
  const value = flagOf(container, name)
  if (value === undefined) return byDefault
  return /^(1|t|true)$/i.test(value)
}

/** Whether `--controllers` lets one of a controller manager run, by any of its names: `*` is all, `-name` takes one out. */
export function isControllerOn(container: Container, names: readonly string[]): boolean {
  const list = (flagOf(container, 'controllers') ?? '*').split(',')
  if (names.some((name) => list.includes(`-${name}`))) return false
  return list.includes('*') || names.some((name) => list.includes(name))
}
