import type { Process } from '../sys.ts'

/** Fields carry what can be searched, the message is fixed text. */
export interface Log {
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
}

type Fields = Readonly<Record<string, unknown>>

/** Writes a line of JSON for each event to standard error, as pino does. Nobody reading it is no reason to end. */
export function logTo(process: Process): Log {
  const write =
    (level: string) =>
    (fields: Fields, message: string): void => {
      try {
        process.stderr(`${JSON.stringify({ level, ...fields, msg: message })}\n`)
      } catch {
        return
      }
    }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}
