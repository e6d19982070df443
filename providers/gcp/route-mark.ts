import { createHash } from 'node:crypto'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { type Target, formatTarget } from '../route.ts'
import type { ResourcePath } from './resource-names.ts'

/** All that tells one of podway's routes from every other. */
export interface RouteIdentity {
  readonly clusterName: string
  readonly network: ResourcePath
  readonly destination: Cidr
  readonly target: Target
}

/** What Google takes for a name. Source: the API's discovery document */
const longestName = 63
const prefix = 'podway'

/** 80 bits. */
const digestLength = 20

/**
 * The name of the route: `podway-<cluster>-<digest>`. Of two routes that differ in anything the names differ, whatever is
 * cut off of the cluster's: names that are cut, or tell families apart by nothing, are how the controller of
 * cloud-provider-gcp takes one route for another (gce_routes.go: "generate a unique name for node + route cidr").
 */
export function routeName({ clusterName, network, destination, target }: RouteIdentity): string {
  const text = JSON.stringify([clusterName, network, formatCidr(destination), formatTarget(target)])
  const digest = createHash('sha256').update(text).digest('hex').slice(0, digestLength)
  return `${stemOf(clusterName)}-${digest}`
}

/** Whether a route of the cluster could be called so; one of another cluster too, if their names are alike. */
export const mayBeNameIn = (clusterName: string, name: string): boolean => {
  const stem = `${stemOf(clusterName)}-`
  return name.startsWith(stem) && new RegExp(`^[0-9a-f]{${digestLength}}$`).test(name.slice(stem.length))
}

function stemOf(clusterName: string): string {
  const room = longestName - prefix.length - digestLength - 2
  const readable = clusterName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, room)
    .replaceAll(/^-+|-+$/g, '')
  return readable === '' ? prefix : `${prefix}-${readable}`
}

/**
 * The description of the route: who made it, for people and for {@link hasMark}. One line of `key=value` in a fixed
 * order: `heritage=podway,podway/version=1,podway/cluster=prod,podway/destination=10.244.3.0/24`.
 */
export const routeDescription = ({ clusterName, destination }: RouteIdentity): string =>
  [
    'heritage=podway',
    'podway/version=1',
    `podway/cluster=${encodeURIComponent(clusterName)}`,
    `podway/destination=${formatCidr(destination)}`,
  ].join(',')

/**
 * Whether a route is marked as this cluster's: name and description are exactly what podway writes for a route of this
 * cluster from there to there. Anything else is foreign, a route of `dev-2` to `dev` too. A mark is no record: what is in no
 * ledger is foreign whatever it says.
 */
export const hasMark = (
  route: { readonly name: string; readonly description: string },
  identity: RouteIdentity,
): boolean => route.name === routeName(identity) && route.description === routeDescription(identity)
