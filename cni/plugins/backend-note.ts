import type { Call } from '../call.ts'

/**
 * Tells who reads the runtime's log that there are rules of nf_tables, though the configuration asks for iptables by name:
 * `iptables-save` does not show them, `nft list table inet podway` does.
 */
export function noteBackend({ system, config }: Call, key: 'backend' | 'ipMasqBackend'): void {
  if (config.json[key] !== 'iptables') return
  system.process.stderr(
    `${key} "iptables" is answered with rules of nf_tables (nft list table inet podway)\n`,
  )
}
