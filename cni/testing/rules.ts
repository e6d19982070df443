import type { NodeRules } from '../serve/protocol.ts'
import { type Ending, invoke } from './binary.ts'

/** The node's rules in tests: nothing, but what is given. */
export const nodeRules = (rules: Partial<NodeRules> = {}): NodeRules => ({
  antiSpoofing: false,
  blockMetadata: false,
  ...rules,
})

/** Asks for `rules.set`; `by` is a program and arguments to run the binary by. */
export const askForRules = (rules: object, by: readonly string[] = []): Ending =>
  invoke({
    command: 'RULES',
    by,
    config: { cniVersion: '1.1.0', name: 'net', type: 'podway-cni', rules },
  })

/** The same; it must succeed: what was changed. */
export function setRules(rules: object, by?: readonly string[]): readonly string[] {
  const ended = askForRules(rules, by)
  if (ended.code !== 0) throw new Error(`rules.set: ${ended.stdout}${ended.stderr}`)
  return (ended.json as { readonly changed: readonly string[] }).changed
}
