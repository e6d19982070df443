import type { Call } from '../call.ts'
import { type TokenBucket, toTokenBucket } from '../netlink/token-bucket.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { type JsonObject, configError, optionalNumber, optionalObject } from '../spec/json.ts'

/** What a pod may receive and send. Undefined: as much as there is. */
export interface Bandwidth {
  readonly ingress: TokenBucket | undefined
  readonly egress: TokenBucket | undefined
}

const keys = ['ingressRate', 'ingressBurst', 'egressRate', 'egressBurst'] as const
/** Upstream's bound: of the burst in bytes, which it names gigabytes. */
const mostBurst = 0xffffffff

/**
 * The limits of a configuration, or, if it has none of the keys, those of the capability "bandwidth", which runtimes take
 * from the pod's annotations. Undefined if nothing is limited.
 *
 * @throws CniError "config" (7), with upstream's texts for a rate without a burst, a burst without a rate, a burst of 4 GiB
 */
export function readBandwidth({ config: { json }, reference }: Call): Bandwidth | undefined {
  const runtime = optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}
  const isStatic = keys.some((key) => json[key] !== undefined && json[key] !== null)
  const where = isStatic ? '' : 'runtimeConfig.bandwidth.'
  const given = isStatic ? json : (optionalObject(runtime, 'bandwidth', 'runtimeConfig.bandwidth') ?? {})
  const bandwidth = {
    ingress: readDirection(given, 'ingress', where, reference),
    egress: readDirection(given, 'egress', where, reference),
  }
  return bandwidth.ingress === undefined && bandwidth.egress === undefined ? undefined : bandwidth
}

function readDirection(
  given: JsonObject,
  direction: 'ingress' | 'egress',
  where: string,
  reference: boolean,
): TokenBucket | undefined {
  const read = (what: 'Rate' | 'Burst'): number =>
    optionalNumber(given, `${direction}${what}`, `${where}${direction}${what}`, {
      most: Number.MAX_SAFE_INTEGER,
    }) ?? 0
  const [rate, burst] = [read('Rate'), read('Burst')]
  if (rate === 0 && burst === 0) return undefined
  // As upstream answers, which names no key.
  const invalid = (what: string, message: string): CniError =>
    reference
      ? new CniError(ErrorCode.internal, message)
      : configError(`${where}${direction}${what}: ${message}`)
  if (burst === 0) throw invalid('Burst', 'if rate is set, burst must also be set')
  if (rate === 0) throw invalid('Rate', 'if burst is set, rate must also be set')
  if (Math.floor(burst / 8) >= mostBurst) throw invalid('Burst', 'burst cannot be more than 4GB')
  const bucket = toTokenBucket(rate, burst)
  if (bucket !== undefined) return bucket
  throw configError(
    `${where}${direction}Rate ${rate} and ${direction}Burst ${burst} are too small: both are bits, and a bucket lasts at least 64 ns`,
  )
}
