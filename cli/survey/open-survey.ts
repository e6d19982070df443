import { readFile } from 'node:fs/promises'
import type { KubeClient } from '../../kube/client.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import { readPools } from '../../reconciler/ipam/pool-document.ts'
import type { LedgerStore } from '../../reconciler/ledger/ledger.ts'
import { connect } from '../connect.ts'
import { listAll } from '../list-all.ts'
import { type ProviderConfig, openProvider } from '../open-provider.ts'
import type { Output } from '../output.ts'
import type { Waits } from '../with-retries.ts'
import { type LedgerSource, clusterLedger, fileLedger, readOnlyStore } from './ledger-source.ts'
import type { SurveyConfig } from './survey-config.ts'
import { type RouteSurvey, type SurveyParts, type SurveyRequest, surveyRoutes } from './survey.ts'

/** Where a survey looks, opened. */
export interface OpenSurvey extends AsyncDisposable {
  readonly provider: RouteProvider
  readonly nodes: SurveyParts['nodes']
  readonly ledger: LedgerSource
  /** Undefined where both Nodes and ledger are files. */
  readonly kube: KubeClient | undefined
}

/** @param rates of the calls to the cloud, for who writes */
export async function openSurvey(
  config: SurveyConfig,
  output: Pick<Output, 'note'>,
  rates: Pick<ProviderConfig, 'gate' | 'writeTimeoutMs'> = {},
): Promise<OpenSurvey> {
  const kube =
    config.nodes !== undefined && config.state !== undefined ? undefined : connect(config.kubeconfig)
  try {
    const { provider, close } = await openProvider({ ...config, ...rates })
    return {
      provider,
      kube,
      ...sourcesOf(config, kube, output),
      async [Symbol.asyncDispose]() {
        close()
        await kube?.close()
      },
    }
  } catch (error) {
    await kube?.close()
    throw error
  }
}

/** Where Nodes and ledger come from, without a cloud. `kube` is needed for what is no file. */
export function sourcesOf(
  { nodes, state }: Pick<SurveyConfig, 'nodes' | 'state'>,
  kube: KubeClient | undefined,
  output: Pick<Output, 'note'>,
): Pick<OpenSurvey, 'nodes' | 'ledger'> {
  return {
    async nodes(signal) {
      if (nodes === undefined) return listAll(new Resource<Node>(needed(kube), nodeType), signal)
      // The schema of a Node is for who reads a file: every other command starts without it.
      const { readNodeFile } = await import('./node-file.ts')
      return readNodeFile(nodes)
    },
    ledger: state === undefined ? clusterLedger(needed(kube), output) : fileLedger(state),
  }
}

function needed(kube: KubeClient | undefined): KubeClient {
  if (kube === undefined) throw new Error('there is no API server to ask')
  return kube
}

/** What a survey looks for, by the configuration. @throws PoolConfigurationError, or what the system says of the file */
export async function requestOf(config: SurveyConfig): Promise<SurveyRequest> {
  const { policy, pools, poolsFile, serviceRanges } = config
  return {
    policy,
    pools: poolsFile === undefined ? pools : readPools(await readFile(poolsFile, 'utf8')),
    serviceRanges,
  }
}

export interface LookParts {
  readonly waits: Waits
  readonly progress?: (what: string) => void
  /** Where what is done about it will be recorded; nothing can be without it. */
  readonly store?: LedgerStore
}

/** One look at everything; see {@link surveyRoutes}. */
export async function look(
  request: SurveyRequest,
  { ledger, nodes, provider }: Pick<OpenSurvey, 'provider' | 'nodes' | 'ledger'>,
  { progress, store, waits }: LookParts,
  signal: AbortSignal,
): Promise<RouteSurvey> {
  const parts = {
    provider,
    nodes,
    store: store ?? { ...readOnlyStore([]), load: ledger.read },
    waits,
    ...(progress === undefined ? {} : { progress }),
  }
  return surveyRoutes(request, parts, signal)
}
