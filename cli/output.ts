import type { WriteStream } from 'node:tty'

/** How a command prints a list: for people, or for other programs. */
export const listFormats = ['table', 'json'] as const
export type ListFormat = (typeof listFormats)[number]

/** Where a command writes. */
export interface Output {
  /** What was asked for: standard output, for a person or for the next program in the pipe. */
  readonly result: (text: string) => Promise<void>
  /** One line about it: standard error. */
  readonly note: (line: string) => Promise<void>
}

/** Resolves once the text is out of our hands. A full disk rejects; a reader that went away does not. */
export const standardOutput: Output = {
  result: (text) => write(process.stdout, text),
  note: (line) => write(process.stderr, `${line}\n`),
}

/** JSON for other programs: two blanks a level, and a line feed at the end. */
export const formatJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/** `1 route`, `2 routes`. */
export const routesText = (count: number): string => (count === 1 ? '1 route' : `${count} routes`)

function write(stream: WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Both the callback and the event tell of a failure, and an event that nobody listens to ends the program.
    const failed = (error: NodeJS.ErrnoException): void => {
      // `podway crds | head -1`
      if (error.code === 'EPIPE') resolve()
      else reject(error)
    }
    stream.once('error', failed)
    stream.write(text, (error) => {
      if (error) return
      stream.removeListener('error', failed)
      resolve()
    })
  })
}
