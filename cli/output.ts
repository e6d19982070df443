import type { WriteStream } from 'node:tty'
import { dump } from 'js-yaml'
import { terminalColumns } from './terminal/columns.ts'

/** How a command prints what it has to tell: for people, or for other programs. */
export const listFormats = ['table', 'json', 'yaml'] as const
export type ListFormat = (typeof listFormats)[number]
/** Of the same document. */
export type DataFormat = Exclude<ListFormat, 'table'>

export const documentVersion = 'podway.dev/v1alpha1'

/** Where a command writes. */
export interface Output {
  /** What was asked for: standard output, for a person or for the next program in the pipe. */
  readonly result: (text: string) => Promise<void>
  /** One line about it: standard error. */
  readonly note: (line: string) => Promise<void>
  /** How many letters of a result fit into a line; undefined where lines have no end: a file, a pipe. */
  readonly columns?: number | undefined
}

export const standardOutput: Output = {
  result: (text) => writeTo(process.stdout, text),
  note: (line) => writeTo(process.stderr, `${line}\n`),
  get columns() {
    return terminalColumns(process.stdout, process.env)
  },
}

/** JSON for other programs: two blanks a level, and a line feed at the end. */
export const formatJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/** A document as its readers know it by kind and version, in a stable order of fields. JSON as {@link formatJson} has it. */
export function formatDocument(kind: string, fields: object, format: DataFormat): string {
  const document = { apiVersion: documentVersion, kind, ...fields }
  switch (format) {
    case 'json':
      return formatJson(document)
    case 'yaml':
      // A text that is folded, or an anchor for what stands there twice, is harder to read for people and simple tools.
      return dump(document, { lineWidth: -1, noRefs: true })
  }
}

/** `1 route`, `2 routes`. */
export const formatCount = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`
export const routesText = (count: number): string => formatCount(count, 'route')

/** Resolves once the text is out of our hands. A full disk rejects; a reader that went away does not. */
export function writeTo(stream: WriteStream, text: string): Promise<void> {
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
