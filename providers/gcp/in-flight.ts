import { ProviderError } from '../errors.ts'
import type { Target } from '../route.ts'
import { type Gce, callForAll } from './call.ts'
import type { CallOptions, GceApi, GceCall, ListAnswer, ListPage, WireOperation } from './gce-api.ts'
import { named } from './network-routes.ts'
import { finished } from './operations.ts'
import { type ResourcePath, instanceOfPath, pathOf } from './resource-names.ts'
import { mayBeNameIn } from './route-mark.ts'

/** As many as Google gives at once. */
const pageSize = 500

export interface Touched {
  readonly clusterName: string
  /** Whose routes it is. */
  readonly networks: readonly ResourcePath[]
  /** Whose interfaces: of those that are instances. */
  readonly targets: readonly Target[]
}

/**
 * Resolves when what is under way has ended, well or not, or two minutes have passed: changes of the cluster's routes, and
 * of interfaces. @throws ProviderError if it can't be asked
 */
export async function untilEnded(
  gce: Gce,
  { clusterName, networks, targets }: Touched,
  signal: AbortSignal,
): Promise<void> {
  const projects = new Set(networks.map((path) => named(path).project))
  await Promise.all([
    ...[...projects].map(async (project) => {
      const list: Ask = (api, page, options) => api.listGlobalOperations({ project, ...page }, options)
      const operations = await underWay(gce, 'listGlobalOperations', list, signal)
      const ours = operations.filter(({ targetLink = '' }) => mayBeNameIn(clusterName, nameIn(targetLink)))
      await waitFor(gce, project, ours, signal)
    }),
    ...zonesOf(targets).map(async ({ project, zone, paths }) => {
      const list: Ask = (api, page, options) => api.listZoneOperations({ project, zone, ...page }, options)
      const operations = await underWay(gce, 'listZoneOperations', list, signal)
      const ours = operations.filter(
        ({ operationType, targetLink = '' }) =>
          operationType === 'updateNetworkInterface' && paths.has(pathOf(targetLink)),
      )
      await waitFor(gce, project, ours, signal)
    }),
  ])
}

const nameIn = (url: string): string => /\/global\/routes\/([^/]+)$/.exec(url)?.[1] ?? ''

interface Zone {
  readonly project: string
  readonly zone: string
  /** Of the instances there. */
  readonly paths: ReadonlySet<ResourcePath>
}

function zonesOf(targets: readonly Target[]): readonly Zone[] {
  const instances = targets.flatMap(({ kind, id }) => {
    const name = kind === 'instance' ? instanceOfPath(id) : undefined
    return name === undefined ? [] : [{ ...name, id }]
  })
  const zones = Map.groupBy(instances, ({ project, zone }) => `${project} ${zone}`)
  return [...zones.values()].flatMap((some) =>
    some
      .slice(0, 1)
      .map(({ project, zone }) => ({ project, zone, paths: new Set(some.map(({ id }) => id)) })),
  )
}

type Ask = (
  api: GceApi,
  page: ListPage,
  options: CallOptions,
) => Promise<ListAnswer<readonly WireOperation[]>>

/** A project keeps its operations for weeks. */
const filter = 'status != "DONE"'

async function underWay(
  gce: Gce,
  name: GceCall,
  ask: Ask,
  signal: AbortSignal,
): Promise<readonly WireOperation[]> {
  const found = await callForAll(
    gce,
    name,
    signal,
    (api, page, options) => ask(api, { filter, maxResults: pageSize, ...page }, options),
    (items) => items,
  )
  return found.filter(({ status }) => status !== 'DONE')
}

async function waitFor(
  gce: Gce,
  project: string,
  operations: readonly WireOperation[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    operations.map(async (operation) => {
      try {
        await finished(gce, project, operation, originOf(operation), signal)
      } catch (error) {
        // What it ended with is its own business: what is there now is read.
        if (!(error instanceof ProviderError)) throw error
      }
    }),
  )
}

function originOf({ operationType }: WireOperation): GceCall {
  if (operationType === 'updateNetworkInterface') return 'updateNetworkInterface'
  return operationType === 'delete' ? 'deleteRoute' : 'insertRoute'
}
