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
 * @throws CniError with upstream's texts for a rate without a burst, a burst without a rate, a burst of 4 GiB; "config" (7)
 *   for what is no number, or too small for the kernel
 */
export function readBandwidth({ config: { json } }: Call): Bandwidth | undefined {
  const runtime = optionalObject(json, 'runtimeConfig', 'runtimeConfig') ?? {}
  const isStatic = keys.some((key) => json[key] !== undefined && json[key] !== null)
  const where = isStatic ? '' : 'runtimeConfig.bandwidth.'
  const given = isStatic ? json : (optionalObject(runtime, 'bandwidth', 'runtimeConfig.bandwidth') ?? {})
  const bandwidth = {
    ingress: readDirection(given, 'ingress', where),
    egress: readDirection(given, 'egress', where),
  }
  return bandwidth.ingress === undefined && bandwidth.egress === undefined ? undefined : bandwidth
}

function readDirection(
  given: JsonObject,
  direction: 'ingress' | 'egress',
  where: string,
): TokenBucket | undefined {
  const read = (what: 'Rate' | 'Burst'): number =>
    optionalNumber(given, `${direction}${what}`, `${where}${direction}${what}`, {
      most: Number.MAX_SAFE_INTEGER,
    }) ?? 0
  const [rate, burst] = [read('Rate'), read('Burst')]
  if (rate === 0 && burst === 0) return undefined
  if (burst === 0) throw invalid('if rate is set, burst must also be set')
  if (rate === 0) throw invalid('if burst is set, rate must also be set')
  if (Math.floor(burst / 8) >= mostBurst) throw invalid('burst cannot be more than 4GB')
  const bucket = toTokenBucket(rate, burst)
  if (bucket !== undefined) return bucket
  throw configError(
    `${where}${direction}Rate ${rate} and ${direction}Burst ${burst} are too small: both are bits, and a bucket lasts at least 64 ns`,
  )
}

/** As upstream answers a configuration that it doesn't take. */
const invalid = (message: string): CniError => new CniError(ErrorCode.internal, message)
