/** Of one API action in one account and region. */
export interface BucketSize {
  /** How many calls can be made at once. */
  readonly capacity: number
  /** Tokens a second, added continuously. */
  readonly refill: number
}

/**
 * Which bucket each action has. `describe` and `mutate` are the categories of actions without a line of their own;
 * `unfiltered` is that of the describes in {@link UNFILTERED} when they are neither filtered nor paged.
 *
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html. Of the actions that it lists by name,
 * only those that a route controller leans on are here; launching and tagging are laxer than there.
 */
export interface BucketTable {
  readonly describe: BucketSize
  readonly unfiltered: BucketSize
  readonly mutate: BucketSize
  readonly byAction: Readonly<Record<string, BucketSize>>
}

export const AWS_BUCKETS: BucketTable = {
  describe: { capacity: 100, refill: 20 },
  unfiltered: { capacity: 50, refill: 10 },
  mutate: { capacity: 50, refill: 5 },
  byAction: {
    AssignIpv6Addresses: { capacity: 100, refill: 5 },
    CreateSubnetCidrReservation: { capacity: 5, refill: 1 },
    CreateNetworkInterface: { capacity: 100, refill: 5 },
    ModifyNetworkInterfaceAttribute: { capacity: 100, refill: 5 },
  },
}

const UNFILTERED = new Set(['DescribeInstances', 'DescribeNetworkInterfaces'])

export interface TokenBuckets {
  /** Takes the token of one call. False: there was none, the call is to be refused, and nothing was taken. */
  take(action: string, parameters: ReadonlyMap<string, string>, now: number): boolean
}

export function createTokenBuckets(table: BucketTable): TokenBuckets {
  const levels = new Map<string, { readonly tokens: number; readonly at: number }>()
  return {
    take(action, parameters, now) {
      const { key, size } = bucketOf(table, action, parameters)
      const before = levels.get(key) ?? { tokens: size.capacity, at: now }
      // A clock that went back adds nothing.
      const elapsed = Math.max(0, now - before.at) / 1000
      const tokens = Math.min(size.capacity, before.tokens + elapsed * size.refill)
      const granted = tokens >= 1
      levels.set(key, { tokens: granted ? tokens - 1 : tokens, at: Math.max(now, before.at) })
      return granted
    },
  }
}

function bucketOf(
  table: BucketTable,
  action: string,
  parameters: ReadonlyMap<string, string>,
): { key: string; size: BucketSize } {
  const own = table.byAction[action]
  if (own !== undefined) return { key: action, size: own }
  if (!/^(Describe|Get)/.test(action)) return { key: action, size: table.mutate }
  const narrowed = [...parameters.keys()].some((name) => name !== 'DryRun')
  return UNFILTERED.has(action) && !narrowed
    ? { key: `${action} unfiltered`, size: table.unfiltered }
    : { key: action, size: table.describe }
}
