import type { SimulatorReply } from '../simulator.ts'
import type { JsonObject } from './json.ts'

/** The header that carries warnings to the user of a client. */
export function warningHeader(warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {}
  return { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ') }
}

export function json(
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): SimulatorReply {
  return {
    kind: 'response',
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private', ...headers },
    body: `${JSON.stringify(body)}\n`,
  }
}

export const plain = (status: number, body: string): SimulatorReply => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
})
