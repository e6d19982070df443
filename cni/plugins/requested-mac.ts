import type { Call } from '../call.ts'
import { loadArgs } from '../spec/args.ts'
import { optionalObject, optionalString } from '../spec/json.ts'
import { parseMac } from '../spec/mac.ts'

/**
 * The hardware address that is asked for. Later ones win, as in the reference plugins that have it: CNI_ARGS, `args.cni`,
 * `runtimeConfig`.
 *
 * @throws CniError "config" (7)
 */
export function readMac({ config: { json }, environment }: Call): Uint8Array | undefined {
  const cni = optionalObject(optionalObject(json, 'args', 'args') ?? {}, 'cni', 'args.cni') ?? {}
  const runtime = optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}
  const given = [
    [loadArgs(environment.args, ['IP', 'GATEWAY', 'MAC']).get('MAC'), 'CNI_ARGS MAC'],
    [optionalString(cni, 'mac', 'args.cni.mac'), 'args.cni.mac'],
    [optionalString(runtime, 'mac', 'runtimeConfig.mac'), 'runtimeConfig.mac'],
  ] as const
  let mac: Uint8Array | undefined
  for (const [text, where] of given) if (text) mac = parseMac(text, where)
  return mac
}
