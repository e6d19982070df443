import { explainRefusal } from './world.ts'

export interface WorldProgram<Options> {
  /** In a sentence: `The demo`. */
  readonly name: string
  readonly usage: string
  /** @throws Error for wrong usage */
  readonly readOptions: (args: readonly string[]) => Options | 'help'
  /** Resolves with the exit code. */
  readonly run: (options: Options, args: readonly string[]) => Promise<number>
}

/**
 * What every program does that needs a world of its own, before it makes one: tells wrong usage (64), answers `--help`
 * (0), and says in one sentence why this system allows no such world (1).
 */
export async function runWorldProgram<Options extends object>(
  { name, usage, readOptions, run }: WorldProgram<Options>,
  args: readonly string[],
): Promise<number> {
  let options: Options | 'help'
  try {
    options = readOptions(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`)
    return 64
  }
  if (options === 'help') {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  const refusal = await explainRefusal()
  if (refusal === undefined) return run(options, args)
  process.stderr.write(`${name} can't make its network namespaces. ${refusal}\n`)
  return 1
}
