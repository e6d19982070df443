import { expect } from 'vitest'
import { type Ending, type Invocation, invoke } from './binary.ts'

/** The result of an ADD, as far as tests look at it. */
export interface Printed {
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[]
  readonly ips: readonly { readonly address: string; readonly gateway: string; readonly interface: number }[]
  readonly routes?: readonly { readonly dst: string }[]
}

/** What an ADD with that configuration says beside its result: see `noteBackend`. */
export const backendNote = (config: unknown): string =>
  (config as { ipMasqBackend?: unknown } | undefined)?.ipMasqBackend === 'iptables'
    ? 'ipMasqBackend "iptables" is answered with rules of nf_tables (nft list table inet podway)\n'
    : ''

/** An ADD that must succeed: its result. */
export function add(invocation: Omit<Invocation, 'command'>): Printed {
  const ended = invoke({ command: 'ADD', ...invocation })
  expect(ended, ended.stdout).toMatchObject({ code: 0, stderr: backendNote(invocation.config) })
  return ended.json as Printed
}

/** Another verb that must succeed, without a word. */
export function succeed(command: string, invocation: Omit<Invocation, 'command'>): void {
  const ended = invoke({ command, ...invocation })
  expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
}

/** The message of an error that was printed. */
export const message = (ended: Ending): unknown => (ended.json as { msg?: unknown } | undefined)?.msg
