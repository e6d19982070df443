import type { FindingFacts } from './finding.ts'

/** What routes of others do to pods, in the same words on every cloud. */
export const foreignRoute = {
  severity: 'error',
  meaning: 'A route to a Node’s podCIDR leads elsewhere than to the Node, and podway did not write it.',
  remedy: 'Delete the route, or let podway have it with `podway adopt` once it leads to the Node.',
} as const satisfies FindingFacts

/** Those of routes that are no Node's whole podCIDR. */
export const strayRoutes = {
  ForeignRouteInside: {
    severity: 'warning',
    meaning:
      'A route to a part of a Node’s podCIDR leads elsewhere: packets to that part don’t reach the Node.',
    remedy: 'Delete the route, or exclude its range from the pools.',
  },
  RouteInPool: {
    severity: 'warning',
    meaning:
      'A route to a part of a pool belongs to no Node: another route controller’s, or left behind. podway gives none of that range to a Node, unless it wrote the route itself.',
    remedy: 'Find out who wrote it; if it is nobody’s any more, delete it.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>
