import { GceError } from './errors.ts'

/**
 * The groups that share a rate: each has its own 1,500 requests a minute and project.
 * Source: https://docs.cloud.google.com/compute/api-quota
 */
export type RateGroup = 'mutation' | 'read' | 'list' | 'operation-read'

/** Requests a minute of each group. */
export type RateLimits = Readonly<Record<RateGroup, number>>

export const GOOGLE_RATES: RateLimits = { mutation: 1_500, read: 1_500, list: 1_500, 'operation-read': 1_500 }

const METRICS: Readonly<Record<RateGroup, readonly [metric: string, limit: string]>> = {
  mutation: ['global_resource_write_requests', 'GlobalResourceWriteRequestsPerMinutePerProject'],
  read: ['read_requests', 'ReadRequestsPerMinutePerProject'],
  list: ['list_requests', 'ListRequestsPerMinutePerProject'],
  'operation-read': ['operation_read_requests', 'OperationReadRequestsPerMinutePerProject'],
}

export interface RateCounter {
  /** @throws GceError rateLimitExceeded, as 403, when the minute's requests are used up; then nothing is counted */
  take(project: string, group: RateGroup, now: number): void
}

/** Counted by minutes of the clock, not by a sliding window: what is used up comes back whole at the next minute. */
export function createRateCounter(limits: RateLimits): RateCounter {
  const used = new Map<string, { readonly minute: number; readonly count: number }>()
  return {
    take(project, group, now) {
      const minute = Math.floor(now / 60_000)
      const key = `${project} ${group}`
      const before = used.get(key)
      const count = before?.minute === minute ? before.count : 0
      if (count >= limits[group]) throw rateLimitExceeded(project, group, limits[group])
      used.set(key, { minute, count: count + 1 })
    },
  }
}

export function rateLimitExceeded(project: string, group: RateGroup, value: number): GceError {
  const [metric, limit] = METRICS[group]
  const consumer = `projects/${project}`
  return new GceError(
    403,
    'rateLimitExceeded',
    `Quota exceeded for quota metric 'compute.googleapis.com/${metric}' and limit '${limit}' of service 'compute.googleapis.com' for consumer '${consumer}'.`,
    {
      domain: 'usageLimits',
      rpcStatus: 'PERMISSION_DENIED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'RATE_LIMIT_EXCEEDED',
          domain: 'googleapis.com',
          metadata: {
            service: 'compute.googleapis.com',
            quota_metric: `compute.googleapis.com/${metric}`,
            quota_limit: limit,
            quota_limit_value: String(value),
            consumer,
          },
        },
      ],
    },
  )
}
