import { KubeConfig } from '@kubernetes/client-node'
import { type KubeClient, createKubeClient } from '../../kube/client.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { TableState } from '../../reconciler/ledger/record.ts'
import { type NodeRoute, nodeRouteName, nodeRouteType } from '../../reconciler/node-route/node-route.ts'
import { type PodNetwork, podNetworkType } from '../../reconciler/pod-network/pod-network.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import type { Output } from '../output.ts'
import type { Asker } from '../terminal/confirm.ts'
import type { Waits } from '../with-retries.ts'

/** What a command wrote. */
export class RecordedOutput implements Output {
  text = ''
  readonly notes: string[] = []

  readonly result = (text: string): Promise<void> => {
    this.text += text
    return Promise.resolve()
  }

  readonly note = (line: string): Promise<void> => {
    this.notes.push(line)
    return Promise.resolve()
  }

  /** The cells of each line, the heading too. */
  get rows(): readonly (readonly string[])[] {
    return this.text.split('\n').map((line) => line.split(/ {3,}/))
  }
}

/** Before no terminal. */
export const nobody: Asker = {
  isThere: false,
  ask: () => Promise.reject(new Error('there is nobody to ask')),
}

/** A person at a terminal; `before` is what happens while they think. */
export function personSaying(
  answer: string,
  before: () => void = () => undefined,
): Asker & { readonly questions: readonly string[] } {
  const questions: string[] = []
  return {
    isThere: true,
    questions,
    ask(question) {
      questions.push(question)
      before()
      return Promise.resolve(answer)
    },
  }
}

export const signal = new AbortController().signal
export const waits: Waits = { retries: 2, firstMs: 1 }
export const now = (): string => '2026-02-03T04:05:06Z'

/** A client for the cluster, as a command makes it. */
export function connectTo(cluster: Cluster): KubeClient {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server: cluster.url, skipTLSVerify: true }, { name: 'u' })
  return createKubeClient(config, { userAgent: 'podway/test', env: {} })
}

/** A simulated API server for one command, behind HTTP and the real client. */
export class CommandWorld implements AsyncDisposable {
  readonly cluster: Cluster
  readonly kube: KubeClient
  readonly routes: Resource<NodeRoute>
  readonly podNetworks: Resource<PodNetwork>
  readonly output = new RecordedOutput()

  private constructor(cluster: Cluster, kube: KubeClient) {
    this.cluster = cluster
    this.kube = kube
    this.routes = new Resource<NodeRoute>(kube, nodeRouteType)
    this.podNetworks = new Resource<PodNetwork>(kube, podNetworkType)
  }

  static async open(options: { readonly defined?: boolean } = {}): Promise<CommandWorld> {
    const cluster = await Cluster.start(new ManualClock(), options)
    return new CommandWorld(cluster, connectTo(cluster))
  }

  /** The states of a record, as the controller settles them. */
  async settle(
    destination: string,
    states: Readonly<Record<string, Pick<TableState, 'state' | 'reason'> & Partial<TableState>>>,
  ): Promise<void> {
    const tables = Object.entries(states).map(([id, state]) => ({
      id,
      message: '',
      since: '2026-01-01T00:00:00Z',
      written: true,
      ...state,
    }))
    const name = nodeRouteName(parseCidr(destination))
    await this.routes.patch(name, { status: { tables } }, { type: 'merge', subresource: 'status' })
    this.cluster.forgetCalls()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kube.close()
    await this.cluster.close()
  }
}
