import type { ApiLimits } from '../budget.ts'
import type { BucketLimits } from '../token-bucket.ts'
import type { RateGroup } from './gce-api.ts'

/**
 * 1,500 requests a minute of each group and project, counted by minutes of the clock: so much of it at once, and the rest
 * evenly, is at most 1,500 in any minute, wherever it begins.
 * Source: https://docs.cloud.google.com/compute/api-quota
 */
const group: BucketLimits = { burst: 300, perSecond: 20 }

const byAction: Readonly<Record<RateGroup, BucketLimits>> = {
  mutations: group,
  reads: group,
  lists: group,
  'operation-reads': group,
}

export const gceLimits: ApiLimits = { byAction, others: group }

/**
 * Static routes of both families that a network takes, unless Google raised it. Google's page prints no number;
 * this is what users of it tell:
 * https://github.com/gardener/gardener-extension-provider-gcp/blob/master/docs/usage/ipv6.md
 */
export const defaultRoutesPerNetwork = 200

/**
 * Of a network and those that it is peered with, as Google's own dashboard has it:
 * https://github.com/GoogleCloudPlatform/cloud-foundation-fabric/pull/899
 */
export const defaultRoutesPerPeeringGroup = 300
