/** A known bug, planted by replacing a text that stands exactly once in a file. */
export interface Mutant {
  /** What somebody could get wrong. */
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Tests of which at least one has to fail: files, or beginnings of their paths. */
  readonly caughtBy: readonly string[]
  /** The stories of `test/chaos` alone show it too, though they know nothing of it: of any cloud, or of that one. */
  readonly byChaos?: true | 'aws' | 'gcp' | 'gcp-alias' | 'azure'
}

/** The text with the bug in it. @throws Error if the place to plant it is not there any more, or not the only one */
export function plant(text: string, { file, find, name, replace }: Mutant): string {
  const places = text.split(find).length - 1
  if (places !== 1)
    throw new Error(`"${name}": the text to replace stands ${places} times in ${file}, not once: ${find}`)
  return text.replace(find, () => replace)
}
